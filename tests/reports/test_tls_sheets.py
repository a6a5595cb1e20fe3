"""The tables of groups, features and flaws: every answer is said in words, also the one that is not known."""

from reports.facts.sheets import sheets
from scanner.model.codec import to_builtins
from scanner.model.evidence.tls_features import Feature, HelloFeatures, Resumption, SniAnswer, SniBehaviour, TlsFeatures
from scanner.model.evidence.tls_flaws import Flaw, FlawState, TlsFlaws
from scanner.model.evidence.tls_groups import DhPrime, Group, GroupSupport, PostQuantum, TlsGroups
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText


def test_groups_say_post_quantum_out_loud() -> None:
    evidence = TlsGroups(
        tls13=GroupSupport(
            protocol="TLSv1.3", supported=Answer.YES, groups=(Group(code="001D", name="x25519"),), complete=Answer.YES
        ),
        tls12=GroupSupport(
            protocol="TLSv1.1",
            supported=Answer.YES,
            groups=(Group(code="0017", name="secp256r1"),),
            beside_certificate_curve=(Group(code="001D", name="x25519"),),
        ),
        dh=(DhPrime(bits=2048, name="ffdhe2048", prime_sha256="ab" * 32, shared=True),),
        post_quantum=PostQuantum.NOT_OFFERED,
    )

    groups, primes = sheets("tls_groups", to_builtins(evidence))

    assert groups.title == "Post-quantum key exchange: not offered"
    assert groups.rows[0][:3] == ("TLSv1.3", "yes", "x25519")
    assert groups.rows[1][:3] == ("TLSv1.1", "yes", "secp256r1; only beside the certificate's curve: x25519")
    assert primes.rows[0][:2] == ("2048", "ffdhe2048")


def test_features_by_version_and_alone() -> None:
    evidence = TlsFeatures(
        versions={"TLSv1.2": HelloFeatures(extended_master_secret=Feature(answer=Answer.YES))},
        resumption=Resumption(psk=Feature(answer=Answer.NO, reason=PeerText("the ticket was not taken"))),
        sni=SniBehaviour(wrong=SniAnswer(answer=Answer.YES, names=(PeerText("other.example"),))),
    )

    tables = {sheet.title: sheet for sheet in sheets("tls_features", to_builtins(evidence))}

    assert tables["What the server's hellos show"].rows == (("Extended master secret", "yes"),)
    assert ("Resumption in TLS 1.3 (PSK)", "no", "the ticket was not taken") in tables["Handshakes"].rows
    assert tables["Certificates by name asked for"].rows[2][:3] == (
        "a name that it cannot have",
        "yes",
        "other.example",
    )


def test_flaws_and_conditions_stand_apart_and_unknown_is_no_pass() -> None:
    evidence = TlsFlaws(
        heartbleed=Flaw(state=FlawState.YES, proof=PeerText("16 bytes of our own padding came back")),
        lucky13=Flaw(state=FlawState.YES, condition=True, proof=PeerText("CBC without encrypt-then-MAC")),
    )

    flaws, conditions = sheets("tls_flaws", to_builtins(evidence))

    assert flaws.title == "Flaws: 1 found, 24 not known"
    assert ("Heartbleed", "yes", "16 bytes of our own padding came back") in flaws.rows
    assert ("ROBOT", "unknown", "this scan did not ask") in flaws.rows
    assert conditions.rows == (("Lucky 13", "yes", "CBC without encrypt-then-MAC"),)
