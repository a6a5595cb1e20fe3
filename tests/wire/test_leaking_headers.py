"""The table of telling headers: whole, each name once."""

import collections
import importlib.resources
import tomllib

from scanner.wire.leaking_headers import leaking_headers

OWASP = """
    $wsep Host-Header K-Proxy-Request Liferay-Portal OracleCommerceCloud-Version Pega-Host Powered-By Product Server
    SourceMap X-AspNet-Version X-AspNetMvc-Version X-Atmosphere-error X-Atmosphere-first-request
    X-Atmosphere-tracking-id X-B3-ParentSpanId X-B3-Sampled X-B3-SpanId X-B3-TraceId X-BEServer X-Backside-Transport
    X-CF-Powered-By X-CMS X-CalculatedBETarget X-Cocoon-Version X-Content-Encoded-By X-Datadog-Origin
    X-Datadog-Parent-Id X-Datadog-Sampling-Priority X-Datadog-Tags X-Datadog-Trace-Id X-DiagInfo
    X-Envoy-Attempt-Count X-Envoy-External-Address X-Envoy-Internal X-Envoy-Original-Dst-Host
    X-Envoy-Upstream-Service-Time X-FEServer X-Framework X-Generated-By X-Generator X-Gitlab-Meta X-Jitsi-Release
    X-Joomla-Version X-Kong-Admin-Latency X-Kong-Client-Latency X-Kong-Proxy-Latency X-Kong-Request-Id
    X-Kong-Response-Latency X-Kong-Third-Party-Latency X-Kong-Total-Latency X-Kong-Upstream-Latency
    X-Kong-Upstream-Status X-Kubernetes-PF-FlowSchema-UI X-Kubernetes-PF-PriorityLevel-UID X-LiteSpeed-Cache
    X-LiteSpeed-Purge X-LiteSpeed-Tag X-LiteSpeed-Vary X-Litespeed-Cache-Control X-Mod-Pagespeed X-Nextjs-Cache
    X-Nextjs-Matched-Path X-Nextjs-Page X-Nextjs-Redirect X-OWA-Version X-Old-Content-Length X-OneAgent-JS-Injection
    X-Page-Speed X-Php-Version X-Powered-By X-Powered-By-Plesk X-Powered-CMS X-Redirect-By X-Server-Powered-By
    X-SourceFiles X-SourceMap X-Turbo-Charged-By X-Tyk-Trace-Id X-Umbraco-Version X-Varnish-Backend X-Varnish-Server
    X-Woodpecker-Version X-dtAgentId X-dtHealthCheck X-dtInjectedServlet X-ruxit-JS-Agent
"""
"""OWASP Secure Headers Project, ci/headers_remove.json of 2026-07-19 (Apache License 2.0)."""


def test_all_names_of_owasp_are_there() -> None:
    names = OWASP.split()

    assert len(names) == 87
    assert {name.lower() for name in names} <= set(leaking_headers())


def test_each_name_has_one_kind() -> None:
    text = importlib.resources.files("scanner.wire").joinpath("data/leaking_headers.toml").read_text("utf-8")
    counted = collections.Counter(
        name for names in tomllib.loads(text).values() if isinstance(names, list) for name in names
    )

    assert {name for name, times in counted.items() if times > 1} == set()
    assert all(name == name.lower() for name in counted)
