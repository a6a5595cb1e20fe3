"""TLS in a few lines: post-quantum out loud, what is not known is not called fine, and any shape is read."""

from hypothesis import given
from hypothesis import strategies as st

from reports.excerpt import excerpts
from reports.facts.sheets import sheets
from reports.facts.tls_lines import tls_lines
from scanner.model.codec import to_builtins
from scanner.model.evidence.tls_features import (
    Alpn,
    ClientCertificate,
    Ech,
    Feature,
    Resumption,
    SniAnswer,
    SniBehaviour,
    TlsFeatures,
)
from scanner.model.evidence.tls_flaws import Flaw, FlawState, TlsFlaws
from scanner.model.evidence.tls_groups import DhPrime, Group, GroupSupport, PostQuantum, TlsGroups
from scanner.model.evidence.tls_suites import Disagreement, TlsSuites
from scanner.model.outcome import Answer
from scanner.model.peer import PeerText

YES, NO = Feature(answer=Answer.YES), Feature(answer=Answer.NO)


def said(topic: str, evidence: object) -> list[tuple[str, str]]:
    return list(tls_lines(topic, to_builtins(evidence)))


def test_whose_listing_it_is_and_mixed_answers() -> None:
    mixed = Disagreement(protocol="TLSv1.2", offer="all", accepted=2, asked=5, answers=(PeerText("alert 40"),))
    evidence = TlsSuites(protocols={}, offered=0, disagreements=(mixed,), compared_with="192.0.2.1:443")

    assert said("tls_suites", evidence) == [
        ("listing", "as at 192.0.2.1:443, compared with two hellos a version"),
        ("mixed answers", "TLSv1.2: 2 of 5 times with a suite (alert 40)"),
    ]
    remark, table = sheets("tls_suites", to_builtins(evidence))
    assert remark.title == "As at 192.0.2.1:443, which was listed in full"
    assert table.rows == (("TLSv1.2", "all", "2 of 5", "alert 40"),)
    assert said("tls_suites", TlsSuites(protocols={}, offered=0)) == []


def test_groups_and_primes() -> None:
    x25519 = Group(code="001D", name="x25519")
    hybrid = Group(code="11EC", name="X25519MLKEM768")
    evidence = TlsGroups(
        tls13=GroupSupport(protocol="TLSv1.3", supported=Answer.YES, groups=(hybrid, x25519)),
        tls12=GroupSupport(protocol="TLSv1.1", supported=Answer.YES, groups=(x25519,)),
        dh=(DhPrime(bits=1024, name=None, prime_sha256="ab" * 32, safe=Answer.NO, shared=False),),
        post_quantum=PostQuantum.OFFERED,
        post_quantum_groups=(hybrid,),
    )

    assert said("tls_groups", evidence) == [
        ("groups", "post-quantum key exchange: offered: X25519MLKEM768"),
        ("", "TLSv1.3: X25519MLKEM768, x25519; TLSv1.1: x25519"),
        ("DH primes", "1024 bits, a prime of its own, not a safe prime"),
    ]


def test_features() -> None:
    evidence = TlsFeatures(
        resumption=Resumption(ticket=YES, psk=YES, session_id=NO, early_data=YES),
        alpn=Alpn(supported=YES, protocols=(PeerText("h2"),), unknown_accepted=NO),
        sni=SniBehaviour(
            none=SniAnswer(answer=Answer.NO),
            wrong=SniAnswer(answer=Answer.YES, names=(PeerText("other.example"),)),
            default_differs=Answer.YES,
        ),
        client_certificate=ClientCertificate(requested=YES, required=NO),
        ech=Ech(retry_configs=0),
    )

    assert said("tls_features", evidence) == [
        ("resumption", "by ticket, in TLS 1.3; not by session id; early data (0-RTT) is accepted"),
        ("ALPN", "h2; an unknown protocol is refused"),
        ("other names", "an unknown name: another certificate (other.example); no name: refused"),
        ("client certificate", "asked for, not required"),
        ("encrypted hello", "not offered (ECH)"),
    ]
    assert said("tls_features", TlsFeatures()) == [], "what is not known is not said in one line"


def test_flaws_name_what_is_there_and_what_was_not_asked() -> None:
    evidence = TlsFlaws(
        heartbleed=Flaw(state=FlawState.YES, proof=PeerText("16 bytes of padding")),
        crime=Flaw(state=FlawState.NO, proof=PeerText("no compression")),
        beast=Flaw(state=FlawState.YES, condition=True, proof=PeerText("TLSv1.0")),
    )
    lines = dict(said("tls_flaws", evidence))

    assert lines["flaws"] == "Heartbleed"
    assert "ROBOT" in lines["flaws unknown"]
    assert lines["flaws unknown"].endswith("this scan did not ask")
    assert lines["conditions"] == "of known attacks: BEAST"
    assert dict(said("tls_flaws", TlsFlaws(crime=evidence.crime)))["flaws"] == "none of the 1 that were asked for"
    assert "flaws" not in dict(said("tls_flaws", TlsFlaws())), "nothing was asked, so nothing is fine"


def test_other_topics_and_missing_evidence_say_nothing() -> None:
    assert tls_lines("cookies", {"cookies": []}) == ()
    assert tls_lines("tls_flaws", None) == ()


@given(
    st.sampled_from(["tls_groups", "tls_features", "tls_flaws"]),
    st.dictionaries(
        st.sampled_from(["dh", "alpn", "sni", "ech", "resumption", "TLSv1.3", "crime", "post_quantum"]),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.sampled_from(["answer", "state", "reason", "none", "bits"]), inner, max_size=2)
            ),
            max_leaves=4,
        ),
        max_size=3,
    ),
)
def test_any_shape_is_read(topic: str, evidence: object) -> None:
    for label, text in tls_lines(topic, evidence):
        assert isinstance(label, str)
        assert text


def test_proofs_of_features_flaws_and_primes_are_in_words() -> None:
    observation = {
        "topic": "tls_flaws",
        "evidence": {
            "old_hashes": {"answer": "yes", "reason": "rsa_pkcs1_sha1", "tries": 1, "seen": 1, "applicable": True},
            "session_ticket": {"answer": "yes", "reason": None, "tries": 3, "seen": 2, "applicable": True},
            "crime": {"state": "yes", "proof": "DEFLATE was chosen", "condition": False, "tries": 1},
            "dh": [{"bits": 2048, "name": "modp2048", "prime_sha256": "ab" * 32, "safe": "yes", "shared": True}],
        },
    }
    document = {"targets": [{"observations": [observation]}]}
    root = "/targets/0/observations/0/evidence"

    def line(place: str) -> str:
        return excerpts(document, (f"{root}/{place}",))[0].line

    assert line("old_hashes") == "old hashes: yes: rsa_pkcs1_sha1"
    assert line("session_ticket") == "session ticket: yes in 2 of 3 handshakes"
    assert line("crime") == "crime: yes: DEFLATE was chosen"
    assert line("dh/0") == "2048 bits, modp2048, which many servers share"
