import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.evidence.http_headers import ABSENT, HeaderState
from scanner.wire.security_headers import MAX_LINES, READERS, read_header, split_list

XFO = "x-frame-options"


@pytest.mark.parametrize(
    ("name", "lines", "effective"),
    [
        (XFO, ["DENY"], "deny"),
        (XFO, ["sameOrigin"], "sameorigin"),
        (XFO, ["DENY", "deny"], "deny"),
        (XFO, ["SAMEORIGIN, SAMEORIGIN"], "sameorigin"),
        ("x-content-type-options", ["NoSniff"], "nosniff"),
        ("x-content-type-options", ["nosniff, other"], "nosniff"),
        ("referrer-policy", ["no-referrer, strict-origin"], "strict-origin"),
        ("referrer-policy", ["no-referrer", "some-future-policy"], "no-referrer"),
        ("referrer-policy", ["No-Referrer"], "no-referrer"),
        ("cross-origin-opener-policy", ['same-origin; report-to="x"'], "same-origin"),
        ("cross-origin-embedder-policy", ["credentialless"], "credentialless"),
        ("cross-origin-resource-policy", [" same-site "], "same-site"),
        ("permissions-policy", ['camera=(), geolocation=(self "https://a.example")', "fullscreen=*"],
         "camera, geolocation, fullscreen"),
        ("origin-agent-cluster", ["?1"], "?1"),
        ("reporting-endpoints", ['main="https://a.example/r"'], "main"),
        ("x-xss-protection", ["1; mode=block"], "1"),
        ("access-control-allow-origin", ["*"], "*"),
        ("access-control-allow-origin", ["https://a.example:8443"], "https://a.example:8443"),
        ("access-control-allow-credentials", ["true"], "true"),
    ],
)  # fmt: skip
def test_valid(name: str, lines: list[str], effective: str) -> None:
    reading = read_header(name, lines)

    assert reading.state is HeaderState.VALID
    assert reading.effective == effective
    assert list(reading.raw) == lines
    assert reading.problem is None


@pytest.mark.parametrize(
    ("name", "lines", "effective"),
    [
        (XFO, ["ALLOW-FROM https://a.example"], None),
        (XFO, ["ALLOWALL"], None),
        (XFO, [""], None),
        (XFO, ["DENY", "SAMEORIGIN"], "deny"),
        (XFO, ["nonsense, DENY"], "deny"),
        (XFO, ["one, two"], None),
        ("x-content-type-options", ["other, nosniff"], None),
        ("x-content-type-options", ['"nosniff"'], None),
        ("referrer-policy", ["none"], None),
        ("cross-origin-opener-policy", ["Same-Origin"], None),
        ("cross-origin-opener-policy", ['"same-origin"'], None),
        ("cross-origin-opener-policy", ["same-origin", "same-origin"], None),
        ("cross-origin-embedder-policy", ["require-corp, require-corp"], None),
        ("cross-origin-resource-policy", ["SAME-ORIGIN"], None),
        ("cross-origin-resource-policy", ["same-origin", "same-origin"], None),
        ("permissions-policy", ["camera 'none'; geolocation 'self'"], None),
        ("permissions-policy", ["camera=1"], None),
        ("origin-agent-cluster", ["1"], None),
        ("x-xss-protection", ["on"], None),
        ("access-control-allow-origin", ["https://a.example, https://b.example"], None),
        ("access-control-allow-origin", ["*", "*"], None),
        ("access-control-allow-origin", ["https://a.example/"], None),
        ("access-control-allow-credentials", ["True"], None),
    ],
)
def test_invalid(name: str, lines: list[str], effective: str | None) -> None:
    reading = read_header(name, lines)

    assert reading.state is HeaderState.INVALID
    assert reading.effective == effective
    assert reading.problem
    assert list(reading.raw) == lines


def test_absent() -> None:
    assert read_header(XFO, []) is ABSENT


def test_caps() -> None:
    many = read_header(XFO, ["DENY"] * (MAX_LINES + 1))
    long = read_header("referrer-policy", ["a" * 70_000])

    assert (many.state, many.effective, len(many.raw)) == (HeaderState.INVALID, None, MAX_LINES)
    assert long.state is HeaderState.INVALID
    assert len(long.raw[0]) == 4096


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (["a, b"], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (['"a,b", c'], ['"a,b"', "c"]),
        (['"a\\",b", c'], ['"a\\",b"', "c"]),
        (['"open, a'], ['"open, a']),
        ([""], [""]),
        ([",a"], ["", "a"]),
    ],
)
def test_get_decode_and_split(lines: list[str], values: list[str]) -> None:
    assert split_list(lines) == values


@given(
    st.sampled_from(sorted(READERS)),
    st.lists(st.text(alphabet='aDENY,;"\\ =()*?1-:/.', max_size=40) | st.text(max_size=40)),
)
def test_a_reading_whatever_came(name: str, lines: list[str]) -> None:
    reading = read_header(name, lines)

    assert (reading.state is HeaderState.ABSENT) is (not lines)
    assert (reading.state is HeaderState.INVALID) is (reading.problem is not None)
