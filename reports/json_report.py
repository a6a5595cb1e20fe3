"""The JSON report: the document itself (`leadline/result/1`), whose schema is in `reports/schema`."""

from reports.escape.json_text import plain_json
from scanner.model.codec import encode
from scanner.model.result import ScanResult


class JsonReport:
    """One JSON document and a line feed."""

    format = "json"
    suffix = ".json"
    media_type = "application/json"

    def render(self, result: ScanResult) -> bytes:
        """The document in UTF-8."""
        return plain_json(encode(result)) + b"\n"
