"""What the `stripe` package says of Stripe's API: its lists, their parameters, their objects.

`python -m monstock_stripe_sandbox.resources` reads it out of the package's source into
`stripe_resources.json`, from which the stand-in serves every list that it has not modelled by hand.
"""
