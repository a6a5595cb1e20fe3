"""The demo: an embedded, deliberately weak endpoint on loopback, for `leadline demo` and `make scan`."""
