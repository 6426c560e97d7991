package main

const proxyHelp = `Proxies, Tor and log-in pages

Nothing has to be set where other programs reach the web. HTTPS_PROXY,
HTTP_PROXY, ALL_PROXY and NO_PROXY are heeded as elsewhere; --proxy, or
SESAME_PROXY, comes before them and is for all servers and relays:

    sesame send --proxy http://proxy.example.org:3128 holiday.mov
    sesame send --proxy socks5h://192.0.2.1:1080 holiday.mov

The other computer is still tried directly; --relay-only forbids it. A user and
a password go into the URL; put that into SESAME_PROXY then, since others can
see a command line. Many proxies let only port 443 out: use a server whose URL
begins with wss://.

    --tor              all goes through Tor, which must be running: servers,
                       relays and the other side learn no address of ours
    --relay-only       only the other side doesn't
    --own-relay        use no relay that only the other side names
    --relay HOST:PORT  repeated for more, in the order in which to try them

A network that wants a log-in first answers everything with a page of its own.
Log in with a browser, then try again.
`
