/// What may stay in HTTP heads, in lower case: words from standards and from widely used programs.
enum HarmlessWords {
    /// Methods (RFC 9110 9, RFC 5789).
    static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]

    /// Reasons of statuses (RFC 9110 15), word by word, and words in the values of fields.
    static let words: Set<String> = set(
        """
        a accept acceptable accepted access account adm after aiohttp alive all allow allowed android any apache apple application
        applewebkit arm async attempts authentication authoritative available aws axios bad beast boost br brotli browser bytes
        cache cfnetwork cgi charset chr chrome chromium chunked client close cloudflare cloudfront code coding commit compress compression
        conflict connection content context continue control cookie cowboy cros crios css curl darwin data daphne deflate dns
        dart debian early edg edge elb empty encoding engine entity entitled envoy error event expectation express failed
        failure fail false firefox forbidden found frame form fxios gateway gecko general get gone google go gorilla gunicorn
        gzip h haproxy headless headlesschrome hint host html http hypercorn identity image insecure internal intel ios ipad
        iphone java javascript jetty json keep key khtml kong large length level libwebsockets lighttpd like linux localhost
        long loop mac many mapping match max maximum media message method microsoft mime mobile modified modules moved
        mozilla mqtt multi multipart multiple must mux name navigator network netty nginx no node not nt of offset ok okhttp
        only openresty openssl opera options opr origin os packets partial patch payload permessage permanent php phusion
        plain postman precondition pragma private processing protocol protocols proxy public puma python range ranges re read redirect
        release reload request requested required requests reset response retry revalidate s safari samesite scheme script
        secure security see server service settings signalr socket sockets ssl starlette static status store stream strict
        successful swift switching switch takeover te temporary text the threshold timeout tls token tomcat too tornado trailers
        transfer transform true type ubuntu undertow unauthorized undici unicorn unknown unprocessable unsupported
        unix upgrade upgraded uri url urlencoded user utf uvicorn uws vary varnish version vert vertx via wait warp waitress
        webkit websocket websockets werkzeug window windows with win wordpress ws wsgi www x xhtml xml zstd
        bits max server client no context takeover
        """)

    /// Segments of paths.
    static let segments: Set<String> = set(
        """
        api app broadcast cable chat connect echo engine.io events gateway graphql health hub hubs info jsonrpc live
        messages mqtt notifications polling pubsub push realtime room rooms rpc rtm signalr socket socket.io sockets sockjs sockjs-node stomp
        stream streaming sub subscribe subscriptions test updates v1 v2 v3 v4 web websocket websockets websockify ws wss wamp xhr
        xhr_send xhr_streaming xmpp-websocket eventsource htmlfile ocpp nats
        """)

    /// Subprotocols: registered with IANA, or in wide use.
    static let subprotocols: Set<String> = set(
        """
        actioncable-v1-json actioncable-unsupported amqp aws.cognito base64.channel.k8s.io channel.k8s.io v4.channel.k8s.io
        v5.channel.k8s.io v4.base64.channel.k8s.io base64.binary.k8s.io binary binary.k8s.io base64 bayeux bfcp cbor chat echo
        graphql-transport-ws graphql-ws jsonrpc jsonrpc2.0 json json.bumpy-ride.com json.webpubsub.azure.v1
        json.reliable.webpubsub.azure.v1 protobuf.webpubsub.azure.v1 janus-protocol lws-minimal mbws.huawei.com mbap
        mqtt mqttv3.1 msrp msgpack nats ocpp1.2 ocpp1.5 ocpp1.6 ocpp2.0 ocpp2.0.1 ocpp2.1 protobuf pubsub rpc signalr sip soap
        socket.io stomp superchat test tty v10.stomp v11.stomp v12.stomp vite-hmr vite-ping wamp wamp.2.cbor wamp.2.json
        wamp.2.json.batched wamp.2.msgpack wamp.2.msgpack.batched wsdl webrtc ws xmpp v1.kernel.websocket.jupyter.org
        v1.saltyrtc.org v1.usp uc.smartconnect 2-rtsp rtsp webpubsub
        """)

    /// Names of fields: those that browsers, proxies and libraries send.
    static let fields: Set<String> = set(
        """
        accept accept-charset accept-encoding accept-language accept-ranges access-control-allow-credentials
        access-control-allow-headers access-control-allow-methods access-control-allow-origin access-control-expose-headers
        access-control-max-age access-control-request-headers access-control-request-method age allow alt-svc authorization
        baggage cache-control cf-connecting-ip cf-ray client-ip connection content-disposition content-encoding
        content-language content-length content-location content-security-policy content-type cookie cookie2 date device-memory dnt
        downlink dpop ect etag expect expires forwarded from host http2-settings if-match if-modified-since if-none-match
        if-range if-unmodified-since keep-alive last-event-id last-modified link location max-forwards nel origin
        permissions-policy pragma priority proxy-authenticate proxy-authorization proxy-connection range referer referrer-policy
        refresh report-to request-id retry-after rtt save-data sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest
        sec-fetch-mode sec-fetch-site sec-fetch-user sec-gpc sec-websocket-accept sec-websocket-draft
        sec-websocket-extensions sec-websocket-key sec-websocket-key1 sec-websocket-key2 sec-websocket-location
        sec-websocket-nonce sec-websocket-origin sec-websocket-protocol sec-websocket-version server set-cookie set-cookie2
        strict-transport-security te timing-allow-origin traceparent tracestate trailer transfer-encoding true-client-ip
        upgrade upgrade-insecure-requests user-agent vary via warning websocket-location websocket-origin websocket-protocol
        www-authenticate x-accel-buffering x-amz-cf-id x-amz-cf-pop x-amzn-trace-id x-api-key x-auth-token x-b3-sampled x-b3-spanid x-b3-traceid
        x-cache x-client-data x-content-type-options x-correlation-id x-csrf-token x-forwarded-for x-forwarded-host
        x-forwarded-port x-forwarded-proto x-forwarded-server x-frame-options x-powered-by x-real-ip x-request-id
        x-requested-with x-runtime x-xss-protection
        """)

    /// Fields whose values stay word by word.
    static let plainFields: Set<String> = set(
        """
        accept accept-encoding accept-ranges access-control-allow-credentials cache-control connection content-encoding
        content-type dnt expect keep-alive pragma proxy-connection sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user
        sec-websocket-extensions sec-websocket-version server te trailer transfer-encoding upgrade upgrade-insecure-requests
        user-agent vary x-powered-by
        """)

    private static func set(_ text: String) -> Set<String> {
        Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
    }
}
