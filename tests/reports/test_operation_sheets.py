"""The tables of operation, trials, ports and HTTP/3: an answer that is not known is said in words."""

from reports.facts.sheets import sheets
from scanner.model.codec import to_builtins
from scanner.model.evidence.http3 import AnnouncedBy, Announcement, Http3
from scanner.model.evidence.operation import (
    AltService,
    Methods,
    Operation,
    Reception,
    SecurityField,
    SecurityTxt,
    TcpHandshake,
    VirtualHost,
    WafRole,
    WafSign,
)
from scanner.model.evidence.operation_trials import FirewallTrial, OperationTrials, RateTrial
from scanner.model.evidence.ports import Port, PortRole, Ports, Service
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


def test_operation() -> None:
    evidence = Operation(
        methods=Methods(trace=Answer.YES, trace_reason=PeerText("ours"), trace_echo=(PeerText("via"),)),
        security_txt=SecurityTxt(
            present=Answer.YES,
            signed=True,
            fields=(SecurityField(name=PeerText("Contact"), value=PeerText("mailto:a@example.org"), line=1),),
        ),
        waf=(WafSign(vendor="Imperva", role=WafRole.FIREWALL, where=PeerText("header x-iinfo"), at=0),),
        alt_svc=(AltService(protocol=PeerText("h3"), host=PeerText(""), port=443),),
        unknown_host=VirtualHost(reception=Reception.REDIRECT_TO_SELF, reflected_in=(PeerText("Location"),)),
        tcp=TcpHandshake(timestamps=True, sack=True, ecn=False, window_scale=7, mss=1460, window=65_160, loopback=True),
    )

    answers, contact, front = sheets("operation", to_builtins(evidence))

    rows = {row[0]: row[1:] for row in answers.rows}
    assert rows["TRACE comes back"] == ("yes", "ours; it shows via")
    assert rows["Methods in Allow"] == ("not listed", "")
    assert rows["A Host that nobody has"] == ("leads to the name that was asked for", "it comes back in Location")
    assert rows["The bare address"] == ("could not be told", "")
    assert rows["Alternative services"][0] == "h3 at :443"
    assert rows["TCP handshake"][1] == "over the loopback this shows this machine"
    assert "signed" in contact.title
    assert contact.rows == (("1", "Contact", "mailto:a@example.org"),)
    assert front.rows == (("Imperva", "firewall", "header x-iinfo"),)


def test_trials() -> None:
    evidence = OperationTrials(
        path="/leadline-0",
        firewall=FirewallTrial(interfered=Answer.YES, sign=PeerText("status 403")),
        rate=RateTrial(reason="not tried after the firewall's answer"),
    )

    (table,) = sheets("operation_trials", to_builtins(evidence))

    assert table.rows[0] == ("A firewall interferes", "yes", "status 403")
    assert table.rows[1][1] == "unknown"


def test_ports_closed_ones_are_counted() -> None:
    evidence = Ports(
        ports=(
            Port(port=443, name="HTTPS", role=PortRole.WEB, service=Service.TARGET, open=Answer.YES),
            Port(port=3306, name="MySQL", role=PortRole.DATABASE, open=Answer.NO),
            Port(port=6379, name="Redis", role=PortRole.DATABASE, reason=PeerText("no answer")),
        )
    )

    (table,) = sheets("ports", to_builtins(evidence))

    assert table.title == "3 ports, 1 of them closed"
    assert [row[:2] for row in table.rows] == [("443", "scanned"), ("6379", "no answer")]


def test_http3() -> None:
    announced = Announcement(by=AnnouncedBy.HTTPS_RECORD, protocol=PeerText("h3"), host=PeerText(""), port=443)

    only, visit = sheets("http3", to_builtins(Http3(announced=(announced,), port=443)))

    assert only.rows[0][0] == "the HTTPS record"
    assert visit.rows[0][:2] == ("unknown", "unknown")
    assert len(sheets("http3", to_builtins(Http3(announced=(announced,))))) == 1
