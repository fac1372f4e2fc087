"""The error of a profile that cannot be used."""

from monstock_stripe_core.errors import MonstockStripeError


class ProfileError(MonstockStripeError):
    """A profile that cannot be read or breaks its schema.

    Attributes:
        file: the profile's file, or the name of a packaged one.
        problems: one text for each problem, most of them "key: reason".
    """

    def __init__(self, file: str, *problems: str) -> None:
        self.file = file
        self.problems = problems
        if len(problems) == 1:
            text = f"profile {file}: {problems[0]}"
        else:
            text = f"profile {file} has {len(problems)} problems:"
            text += "".join(f"\n  {problem}" for problem in problems)
        super().__init__(text)
