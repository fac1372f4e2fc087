"""Says why a program of ours ended, in the way in which whoever started it reads."""

import logging
import os
import sys

_LOG_CONFIG = "SINGER_SDK_LOG_CONFIG"
"""Where Meltano says how plugins are to log (Singer SDK, 'Logging')."""


def say_last_words(program: str, sentence: str) -> None:
    """Write the sentence to standard error: as an error of the log under Meltano, else as a line.

    Meltano 4.4 takes a plain line for information, and hides it at `--log-level=warning`.
    """
    if os.environ.get(_LOG_CONFIG) and logging.getLogger().handlers:
        logging.getLogger(program).error("%s", sentence)
    else:
        print(f"{program}: {sentence}", file=sys.stderr)
