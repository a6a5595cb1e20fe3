"""Names of HTML (WHATWG HTML) that decide what an element loads, runs or sets. Tables only."""

from collections.abc import Mapping

JAVASCRIPT_TYPES = frozenset(
    f"{half}/{name}"
    for half, names in {
        "application": ("ecmascript", "javascript", "x-ecmascript", "x-javascript"),
        "text": (
            "ecmascript",
            "javascript",
            *(f"javascript1.{minor}" for minor in range(6)),
            "jscript",
            "livescript",
            "x-ecmascript",
            "x-javascript",
        ),
    }.items()
    for name in names
)
"""The types of a classic script (MIME Sniffing section 4.6)."""

SCRIPT_KINDS = frozenset({"module", "importmap", "speculationrules"})
"""The types of a script element that are no media types (HTML section 4.12.1)."""

LOADING_ATTRIBUTES: Mapping[tuple[str, str], str] = {
    ("img", "src"): "image",
    ("input", "src"): "form-image",
    ("video", "src"): "media",
    ("video", "poster"): "image",
    ("audio", "src"): "media",
    ("source", "src"): "media",
    ("track", "src"): "media",
    ("iframe", "src"): "frame",
    ("frame", "src"): "frame",
    ("embed", "src"): "object",
    ("object", "data"): "object",
    ("body", "background"): "image",
    ("table", "background"): "image",
    ("td", "background"): "image",
    ("th", "background"): "image",
    ("image", "href"): "image",
    ("image", "xlink:href"): "image",
    ("feimage", "href"): "image",
    ("use", "href"): "other",
}
"""Attributes that make an element load something, and what kind of resource that is."""

LINK_KINDS: Mapping[str, str] = {
    "stylesheet": "stylesheet",
    "icon": "icon",
    "apple-touch-icon": "icon",
    "apple-touch-icon-precomposed": "icon",
    "mask-icon": "icon",
    "manifest": "manifest",
    "modulepreload": "preload",
    "preload": "preload",
    "prefetch": "other",
}
"""Relations of a link element that load its target (HTML section 4.6.8), the weightiest first."""

METAS = frozenset(
    {
        "referrer",
        "generator",
        "robots",
        "csrf-token",
        "csrf-param",
        "_csrf",
        "_csrf_header",
        "xsrf-token",
        "requestverificationtoken",
        "color-scheme",
        "application-name",
    }
)
"""Names of meta elements that are kept; those with http-equiv are all kept."""

_HANDLERS = """
abort afterprint animationcancel animationend animationiteration animationstart auxclick beforecopy beforecut
beforeinput beforematch beforepaste beforeprint beforetoggle beforeunload blur cancel canplay canplaythrough change
click close command contextlost contextmenu contextrestored copy cuechange cut dblclick drag dragend dragenter
dragleave dragover dragstart drop durationchange emptied ended error focus focusin focusout formdata fullscreenchange
fullscreenerror gotpointercapture hashchange input invalid keydown keypress keyup languagechange load loadeddata
loadedmetadata loadstart lostpointercapture message messageerror mousedown mouseenter mouseleave mousemove mouseout
mouseover mouseup mousewheel offline online pagehide pagereveal pageshow pageswap paste pause play playing
pointercancel pointerdown pointerenter pointerleave pointermove pointerout pointerover pointerrawupdate pointerup
popstate progress ratechange rejectionhandled reset resize scroll scrollend scrollsnapchange scrollsnapchanging search
securitypolicyviolation seeked seeking select selectionchange selectstart slotchange stalled storage submit suspend
timeupdate toggle touchcancel touchend touchmove touchstart transitioncancel transitionend transitionrun
transitionstart unhandledrejection unload volumechange waiting webkitanimationend webkitanimationiteration
webkitanimationstart webkitfullscreenchange webkitfullscreenerror webkittransitionend wheel
"""
HANDLERS = frozenset(f"on{name}" for name in _HANDLERS.split())
"""Event handler content attributes (HTML section 8.1.8.2, and those that browsers have beside them)."""
