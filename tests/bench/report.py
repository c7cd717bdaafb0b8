"""The bench's table."""

import statistics

# Weir's figure over nginx's that the relay must not pass; for memory KiB, for lost streams a count.
TARGETS = {"cpu_2k": 2.0, "cpu_256k": 2.5, "cpu_event": 1.5, "cpu_event_paced": 1.5,
           "kib_per_stream": 24.0, "lost": 0}

_CPU_ROWS = (("cpu_2k", "CPU µs per request, 2 KiB body and answer"),
             ("cpu_256k", "CPU µs per request, 256 KiB body"),
             ("cpu_event", "CPU µs per event, streams without gaps"),
             ("cpu_event_paced", "CPU µs per event, held streams, 50 ms gap"))


def _spread(values):
    return f"{statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def _line(title, nginx, weir, ratio="", verdict=""):
    print(f"{title:<46} {nginx:>20} {weir:>20} {ratio:>7}  {verdict}".rstrip())


def _verdict(figure, limit, unit=""):
    word = "ok" if figure <= limit else "OVER"
    return word, f"{word} (target {limit:g}{unit})"


class Report:
    def __init__(self, results):
        self._results = results
        self.missed = []

    def _judge(self, name, figure, unit=""):
        word, text = _verdict(figure, TARGETS[name], unit)
        if word != "ok":
            self.missed.append(name)
        return text

    def cpu(self):
        for name, title in _CPU_ROWS:
            figures = self._results[name]
            if "weir" not in figures:
                _line(title, _spread(figures["nginx"]), "-")
                continue
            # Rounds are pairs: the median of their ratios is steadier than the ratio of medians.
            ratio = statistics.median(w / max(n, 0.001) for n, w in
                                      zip(figures["nginx"], figures["weir"]))
            _line(title, _spread(figures["nginx"]), _spread(figures["weir"]), f"{ratio:.2f}",
                  self._judge(name, ratio, "×"))

    def held(self, streams):
        held = self._results["held"]

        def cell(name, text):
            return text(held[name]) if name in held else "-"

        def memory(figures):
            kib = figures["kib_per_stream"]
            return "not all were open" if kib is None else f"{kib:.1f}"

        weir = held.get("weir")
        verdict, ratio = "", ""
        if weir is not None:
            kib = weir["kib_per_stream"]
            verdict = self._judge("kib_per_stream", float("inf") if kib is None else kib, " KiB")
            if kib is not None and held["nginx"]["kib_per_stream"]:
                ratio = f"{kib / held['nginx']['kib_per_stream']:.2f}"
        _line(f"KiB resident per held stream, {streams} streams", cell("nginx", memory),
              cell("weir", memory), ratio, verdict)
        _line("  lost of them", cell("nginx", lambda f: str(f["lost"])),
              cell("weir", lambda f: str(f["lost"])), "",
              self._judge("lost", weir["lost"]) if weir else "")
        _line("  first event, ms, p50 / p99", *(cell(name, lambda f: (
            f"{f['first_event_us']['p50'] / 1000:.1f} / {f['first_event_us']['p99'] / 1000:.1f}"))
            for name in ("nginx", "weir")))
        _line("  resident before, MiB", *(cell(name, lambda f: f"{f['idle_kib'] / 1024:.1f}")
                                          for name in ("nginx", "weir")))

    def latency(self):
        figures = self._results["latency"]
        direct = figures["direct"]
        for index, title in enumerate(("p50", "p99")):
            cells = []
            for name in ("nginx", "weir"):
                if name not in figures:
                    cells.append("-")
                    continue
                added = [proxied[index] - plain[index]
                         for proxied, plain in zip(figures[name], direct)]
                cells.append(f"{statistics.median(added):.0f}")
            plain = statistics.median(pair[index] for pair in direct)
            _line(f"added latency µs, c=1, {title} (direct: {plain:.0f})", *cells)

    def ledger(self):
        ledger = self._results.get("ledger")
        if ledger is None:
            return
        print(f"\nledger: {ledger['rows']} rows for {ledger['answered']} answered requests")
        if ledger["rows"] != ledger["answered"]:
            self._results["failures"].append("the ledger does not have each request once")


def show(results, plan):
    """Prints the table; returns the names of the targets that Weir missed."""
    report = Report(results)
    print(f"\nmedian (min–max) of {plan.rounds} rounds of {plan.seconds:g} s, taking turns; "
          f"{plan.connections} connections, same upstream; Weir with keys, metering and spool on, "
          "nginx bare\n")
    _line("", "nginx, 2 workers", "weir", "ratio")
    report.cpu()
    report.held(plan.held_streams)
    report.latency()
    report.ledger()
    for failure in results["failures"]:
        print("FAILED: " + failure)
    return report.missed
