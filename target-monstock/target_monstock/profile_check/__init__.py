"""Holds a profile against a live tenant, and says what of it works."""

from target_monstock.profile_check.checking import check_profile
from target_monstock.profile_check.report import CheckResult, Report, Verdict, report_lines

__all__ = ["CheckResult", "Report", "Verdict", "check_profile", "report_lines"]
