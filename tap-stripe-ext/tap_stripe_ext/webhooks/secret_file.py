"""The file that takes a signing secret: there before the endpoint, readable by its owner only."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tap_stripe_ext.webhooks.endpoints import WebhookEndpointError


@contextlib.contextmanager
def new_secret_file(path: Path) -> Iterator[int]:
    """Make a file and yield its descriptor; it goes again if what is done meanwhile fails.

    Raises:
        WebhookEndpointError: if it cannot be made, or is there already.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise WebhookEndpointError(
            f"The file {path} is there already, and may hold a secret that is in use. "
            "Name another one."
        ) from None
    except OSError as error:
        raise WebhookEndpointError(
            f"The file {path} cannot be written ({error.strerror}), so nothing was registered."
        ) from None
    try:
        yield descriptor
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
