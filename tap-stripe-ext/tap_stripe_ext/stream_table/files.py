"""Files, and the reports that are written into them."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, StreamRow

FILES: tuple[StreamRow, ...] = (
    StreamRow(
        name="files",
        path="/v1/files",
        object_name="file",
        model="stripe.File",
        permission=permissions.FILES,
        announced_by=(Announcement("file.*", "file"),),
        nested_lists=("links",),
        listed_by_created=True,  # the event tells only of files that Stripe makes
    ),
    StreamRow(
        name="file_links",
        path="/v1/file_links",
        object_name="file_link",
        model="stripe.FileLink",
        permission=permissions.FILES,
        listed_by_created=True,
        edited_silently=True,
    ),
    StreamRow(
        name="report_runs",
        path="/v1/reporting/report_runs",
        object_name="reporting.report_run",
        model="stripe.reporting.ReportRun",
        permission=permissions.REPORTS,
        announced_by=(Announcement("reporting.report_run.*", "reporting.report_run"),),
        listed_by_created=True,  # no event tells of a new one
    ),
    StreamRow(
        name="report_types",
        path="/v1/reporting/report_types",
        object_name="reporting.report_type",
        model="stripe.reporting.ReportType",
        permission=permissions.REPORTS,
        created_filter=False,
        paged=False,
        announced_by=(Announcement("reporting.report_type.*", "reporting.report_type"),),
        listed_whole=True,
    ),
    StreamRow(
        name="scheduled_query_runs",
        path="/v1/sigma/scheduled_query_runs",
        object_name="scheduled_query_run",
        model="stripe.sigma.ScheduledQueryRun",
        permission=permissions.SIGMA,
        created_filter=False,
        announced_by=(Announcement("sigma.scheduled_query_run.*", "scheduled_query_run"),),
    ),
)
