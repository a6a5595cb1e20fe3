"""Rules on open ports (`--ports`). Only that a port takes connections was seen, not what listens there.

Rule of the room: the port's number is a strong hint and no proof; a port that did not answer is never called closed.
"""

from collections.abc import Sequence

from scanner.model.evidence.ports import Port, PortRole, Ports
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText
from scanner.model.rule import Confidence, Reference, RuleInfo, Severity
from scanner.rules.case import Case
from scanner.rules.citations import remedy
from scanner.rules.registry import rule
from scanner.rules.verdict import Fault, Pass, Unknown, Verdict, fail_or_pass

_CIS4 = Reference(
    title="CIS Controls: 4.4 implement and manage a firewall on servers",
    url="https://www.cisecurity.org/controls/secure-configuration-of-enterprise-assets-and-software",
)
_MAPPING = Reference(
    title="OWASP WSTG: enumerate applications on webserver",
    url="https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/"
    "01-Information_Gathering/04-Enumerate_Applications_on_Webserver",
)
_IANA = Reference(
    title="IANA: service names and port numbers",
    url="https://www.iana.org/assignments/service-names-port-numbers/service-names-port-numbers.xhtml",
)


def _port(number: int, name: str, role: PortRole, answer: Answer) -> Port:
    reason = PeerText("no answer: filtered, or lost on the way") if answer is Answer.UNKNOWN else None
    return Port(port=number, name=name, role=role, open=answer, reason=reason)


def _example(number: int, name: str, role: PortRole, answer: Answer) -> Case[Ports]:
    return Case(evidence=Ports(ports=(_port(number, name, role, answer),)))


def _verdict(case: Case[Ports], roles: Sequence[PortRole], message: str) -> Verdict:
    """A fault for each open port with one of the roles; a pass only where all of them are closed."""
    seen = case.evidence
    if seen.everything_open:
        return Unknown("nearly every port takes connections: something in front seems to answer for all of them")
    faults = [
        Fault(
            message=message,
            at=(f"/ports/{place}/open",),
            arguments={"port": one.port, "name": one.name},
            discriminator=str(one.port),
        )
        for place, one in seen.opened(*roles)
    ]
    if faults:
        return fail_or_pass(faults)
    silent = [str(one.port) for one in seen.ports if one.role in roles and one.open is Answer.UNKNOWN]
    if silent:
        return Unknown(f"none is known to be open; no answer from {', '.join(silent)}")
    return Pass()


@rule(
    RuleInfo(
        id="OPS020",
        name="exposed-database-port",
        title="A port of a database or queue is open to the network",
        topic="ports",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether a port on which databases, caches, search engines and queues listen takes connections at the"
        " public address. Nothing was sent to it.",
        rationale="Stores are made for a trusted network: many answer without a password, and those with one can be"
        " guessed at, and had holes before the login.",
        remediation=remedy(
            "Let it listen on the loopback or a private network only, and close the port in the firewall. Connections"
            " between machines go over TLS or a tunnel."
        ),
        references=(_CIS4, _IANA),
        cwe=(668, 284),
    ),
    passing=_example(6379, "Redis", PortRole.DATABASE, Answer.NO),
    failing=_example(6379, "Redis", PortRole.DATABASE, Answer.YES),
)
def exposed_database_port(case: Case[Ports]) -> Verdict:
    """Fails for each open port of a database."""
    return _verdict(case, (PortRole.DATABASE,), "port {port} takes connections: {name} usually listens there")


@rule(
    RuleInfo(
        id="OPS021",
        name="exposed-admin-port",
        title="A port of an administration service is open to the network",
        topic="ports",
        severity=Severity.MEDIUM,
        confidence=Confidence.FIRM,
        since="0.1.0",
        summary="Whether a port for administration takes connections at the public address: Docker without TLS, Telnet,"
        " SMB, Remote Desktop, Kibana, RabbitMQ's management. Nothing was sent to it.",
        rationale="Whoever gets in there has the machine or the service. These ports are searched for day and night.",
        remediation=remedy(
            "Close the port in the firewall, and reach the service through a VPN or an SSH tunnel. Telnet and Docker"
            " without TLS belong on no network at all."
        ),
        references=(
            _CIS4,
            Reference(
                title="Docker: protect the daemon socket", url="https://docs.docker.com/engine/security/protect-access/"
            ),
            _IANA,
        ),
        cwe=(668, 284),
    ),
    passing=_example(2375, "Docker without TLS", PortRole.ADMIN, Answer.NO),
    failing=_example(2375, "Docker without TLS", PortRole.ADMIN, Answer.YES),
)
def exposed_admin_port(case: Case[Ports]) -> Verdict:
    """Fails for each open port of such a service."""
    return _verdict(case, (PortRole.ADMIN,), "port {port} takes connections: {name} usually listens there")


@rule(
    RuleInfo(
        id="OPS022",
        name="exposed-application-port",
        title="An application's own port answers at the public address",
        topic="ports",
        severity=Severity.LOW,
        confidence=Confidence.TENTATIVE,
        since="0.1.0",
        summary="Whether ports on which application servers listen by default take connections beside the scanned one."
        " Nothing was sent to them. A CDN may take connections there for its customers.",
        rationale="Behind such a port the application speaks without the proxy that does TLS, limits and logs for it.",
        remediation=remedy(
            "Let the application listen on 127.0.0.1 or a socket, and have the proxy pass requests to it.",
            nginx="proxy_pass http://127.0.0.1:4000;",
            apache="ProxyPass / http://127.0.0.1:4000/",
        ),
        references=(
            _MAPPING,
            Reference(
                title="nginx: reverse proxy", url="https://docs.nginx.com/nginx/admin-guide/web-server/reverse-proxy/"
            ),
        ),
        cwe=(668,),
    ),
    passing=_example(4000, "application servers (Phoenix)", PortRole.APPLICATION, Answer.NO),
    failing=_example(4000, "application servers (Phoenix)", PortRole.APPLICATION, Answer.YES),
)
def exposed_application_port(case: Case[Ports]) -> Verdict:
    """Fails for each open port of an application, the scanned one left out."""
    return _verdict(case, (PortRole.APPLICATION,), "port {port} takes connections: {name} listen there by default")


@rule(
    RuleInfo(
        id="OPS023",
        name="other-ports-open",
        title="Further ports are open",
        topic="ports",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        since="0.1.0",
        summary="Lists open ports of mail, files, SSH and LDAP. The web's own ports are left out.",
        rationale="Each open port is a service to be kept up to date. What is not needed is better closed.",
        remediation=remedy(
            "Close what nobody needs; let SSH take keys only, from known networks where that is possible."
        ),
        references=(_CIS4, _MAPPING),
    ),
    passing=_example(22, "SSH", PortRole.LOGIN, Answer.NO),
    failing=_example(22, "SSH", PortRole.LOGIN, Answer.YES),
)
def other_ports_open(case: Case[Ports]) -> Verdict:
    """Fails, as information, for each of them that is open."""
    roles = (PortRole.MAIL, PortRole.LOGIN, PortRole.FILES)
    return _verdict(case, roles, "port {port} ({name}) takes connections")
