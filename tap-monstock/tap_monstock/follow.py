"""A run that follows Monstock: its lists are looked at now and then, and at once where it rings."""

from __future__ import annotations

from collections.abc import Sequence

from monstock_stripe_core.monstock_errors import MonstockProtocolError, MonstockUnreachable
from monstock_stripe_core.profile import Profile
from tap_common.doorbell import BodyHmac, DoorbellConfig, MessageShape
from tap_common.errors import SettingError
from tap_common.follow_settings import FollowSettings
from tap_common.followed_run import follow
from tap_common.memory import keep_memory_small

from tap_monstock.stopping import Stopping
from tap_monstock.streams import MonstockStream
from tap_monstock.sync import Sync

DEFAULT_PATH = "/webhooks/monstock"

_PASSING = (MonstockUnreachable, MonstockProtocolError)


def follow_monstock(
    sync: Sync,
    streams: Sequence[MonstockStream],
    profile: Profile,
    settings: FollowSettings,
    stopping: Stopping,
) -> None:
    """Follow until the process is asked to end.

    Args:
        sync: reads and writes.
        streams: the selected ones.
        profile: the tenant's.
        settings: how it follows.
        stopping: knows whether the process was asked to end.

    Raises:
        SettingError: a stream is read as FULL_TABLE, an address cannot be listened on, or the
            tenant has no webhooks.
        MonstockUnauthorized: the token is of no use any more; a person has to give another one.
        OutputClosedError: the target has ended.
        StopRequestedError: the process was asked to end; the state has been written.
    """
    whole = ", ".join(stream.name for stream in streams if stream.is_full_table)
    if whole:
        raise SettingError(
            "follow",
            f"needs streams that are read by what changed, but {whole} would be read whole at "
            "each look: give it the replication method INCREMENTAL",
        )
    keep_memory_small()
    follow(sync, settings, _doorbell(profile, settings), _PASSING, stopping.check)


def _doorbell(profile: Profile, settings: FollowSettings) -> DoorbellConfig | None:
    if settings.webhook_listen is None:
        return None
    signed = profile.webhooks
    if signed is None:
        raise SettingError(
            "webhook_listen",
            f"is set, but the profile {profile.name} describes no webhooks: leave it out, and "
            "changes are looked for every poll_interval seconds",
        )
    return DoorbellConfig(
        listen=settings.webhook_listen,
        path=settings.webhook_path or DEFAULT_PATH,
        secrets=settings.webhook_secrets,
        signature=BodyHmac(header=signed.header, encoding=signed.encoding, prefix=signed.prefix),
        shape=MessageShape(kept=(), id=None),
    )
