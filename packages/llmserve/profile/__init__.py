"""How long operations take on their own: measured tables, published tables, and the roofline."""

from llmserve.profile.files import read_profile, write_profile
from llmserve.profile.published import published_profile
from llmserve.profile.roofline_times import RooflineTimes
from llmserve.profile.times import AttentionTable, OperationTimes, ProfiledTimes

__all__ = [
    "AttentionTable",
    "OperationTimes",
    "ProfiledTimes",
    "RooflineTimes",
    "published_profile",
    "read_profile",
    "write_profile",
]
