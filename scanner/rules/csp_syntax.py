"""Rules about mistakes in a policy: words that browsers read otherwise than they were meant, or not at all."""

from scanner.model.rule import Severity
from scanner.rules.csp_judging import judged_by
from scanner.rules.csp_pages import GOOD, info, with_policy
from scanner.rules.registry import rule

_SOURCES = ("source lists", "#framework-directive-source-list", "2.3.1")
_PARSING = ("parse a serialized CSP", "#parse-serialized-policy", "2.2.1")

csp_none_ignored = rule(
    info(
        "CSP016",
        "csp-none-ignored",
        "'none' stands beside other sources",
        severity=Severity.LOW,
        summary="Looks for 'none' in lists of more than one source.",
        rationale="Browsers ignore 'none' there, so the other sources are let in. Whoever wrote it may think that"
        " nothing is.",
        remediation="Write 'none' alone, or drop it.",
        section=("matching a URL", "#match-url-to-source-list", "6.7.2.7"),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self' 'none'"}),
)(judged_by("NONE_IGNORED"))

csp_empty_list = rule(
    info(
        "CSP017",
        "csp-empty-list",
        "A directive has no sources",
        severity=Severity.INFO,
        summary="Looks for source lists without a word.",
        rationale="Browsers read an empty list as 'none'; people and tools may not.",
        remediation="Write 'none'.",
        section=("matching a URL", "#match-url-to-source-list", "6.7.2.7"),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "object-src": ""}),
)(judged_by("EMPTY_SOURCE_LIST"))

csp_strict_dynamic_alone = rule(
    info(
        "CSP021",
        "csp-strict-dynamic-alone",
        "'strict-dynamic' stands without a nonce or hash",
        severity=Severity.LOW,
        summary="Looks for 'strict-dynamic' in script directives whose list has no valid nonce and no valid hash.",
        rationale="Browsers ignore the hosts then, and nothing else is trusted: every script is blocked. Older browsers"
        " run what the hosts allow.",
        remediation="Add a nonce, new for every answer, or the hashes of the scripts.",
        section=("usage of 'strict-dynamic'", "#strict-dynamic-usage", "8.2"),
    ),
    passing=GOOD,
    failing=with_policy({"script-src": "'strict-dynamic' https:", "object-src": "'none'"}),
)(judged_by("STRICT_DYNAMIC_NOT_STANDALONE", "STRICT_DYNAMIC_BLOCKS_ALL"))

csp_missing_semicolon = rule(
    info(
        "CSP022",
        "csp-missing-semicolon",
        "A semicolon is missing between directives",
        severity=Severity.LOW,
        summary="Looks for the names of directives among the sources of others.",
        rationale="Browsers take the name for a host, so the second directive is not in force and its sources are let"
        " in by the first.",
        remediation="Put the semicolon before the name.",
        section=_PARSING,
    ),
    passing=GOOD,
    failing=with_policy({"script-src": "'self' object-src 'none'"}),
)(judged_by("MISSING_SEMICOLON", when=lambda one: not (one.directive or "").startswith("content-security-policy")))

csp_keyword_quotes = rule(
    info(
        "CSP023",
        "csp-keyword-quotes",
        "Keywords of the policy are unknown or wrongly quoted",
        severity=Severity.LOW,
        summary="Looks for keywords, nonces and hashes without single quotes, for other quotes, for quotes round hosts,"
        " and for quoted words that no browser knows.",
        rationale="Without its quotes a keyword is a host's name; with wrong ones it is nothing. What was meant is not"
        " in force.",
        remediation="Write 'self', 'none' and the other keywords, nonces and hashes in single quotes, hosts without.",
        section=_SOURCES,
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "self"}),
)(
    judged_by(
        "INVALID_KEYWORD",
        "KEYWORD_UNQUOTED",
        "QUOTES_WRONG",
        unless=("NONCE_INVALID", "HASH_LENGTH", "HASH_ALGORITHM", "TRUSTED_TYPES_SINK"),
    )
)

csp_misplaced_word = rule(
    info(
        "CSP040",
        "csp-misplaced-word",
        "The policy has words without effect",
        severity=Severity.INFO,
        summary="Looks for keywords, nonces and hashes in directives where they mean nothing, for keywords that"
        " browsers dropped, and for values of directives that take none.",
        rationale="They do no harm, but whoever reads the policy may think that they do something.",
        remediation="Leave them out.",
        section=_SOURCES,
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "img-src": "'self' 'unsafe-eval'"}),
)(judged_by("KEYWORD_MISPLACED", "KEYWORD_OBSOLETE", "VALUE_IGNORED"))

csp_sandbox = rule(
    info(
        "CSP037",
        "csp-sandbox-weak",
        "The sandbox of the policy isolates next to nothing, or has unknown flags",
        severity=Severity.INFO,
        summary="Looks for allow-scripts together with allow-same-origin, and for flags that HTML does not have.",
        rationale="With both flags the page's scripts act with its origin, as if there were no sandbox; an unknown flag"
        " allows nothing.",
        remediation="Leave out allow-same-origin, or the directive; mend the flag's name.",
        section=("sandbox", "#directive-sandbox", "6.3.2"),
    ),
    passing=GOOD,
    failing=with_policy({"default-src": "'self'", "sandbox": "allow-scripts allow-same-origin"}),
)(judged_by("SANDBOX_WEAK", "SANDBOX_UNKNOWN_FLAG"))
