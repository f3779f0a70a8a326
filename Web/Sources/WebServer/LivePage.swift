import ReportFrontEnd

/// The page of a live capture: the report's front end, with the events of a server as its data.
struct LivePage {
    /// The document.
    let html: String
    /// What it may do: run its script, use its style, and ask this server for events.
    let policy: String

    init() {
        let page = ReportPage(beginningWith: [
            PackageResources.verdict_js, PackageResources.events_js, PackageResources.save_js, PackageResources.live_js,
        ])
        let policy = page.policy + "; connect-src 'self'"
        let body = String(decoding: PackageResources.live_html, as: UTF8.self)
            .replacing("<!-- The report. -->\n", with: page.body)
        html = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="generator" content="wstap">
            \(page.icon)
            <title>Live – wstap</title>
            <style>\(page.style)</style>
            </head>
            <body>
            \(body)<script type="module">\(page.script)</script>
            </body>
            </html>

            """
        self.policy = policy + "; frame-ancestors 'none'"
    }
}
