"""docs/performance.md, docs/performance.json and the plot, from the results of tests/bench/run."""
import json
import subprocess

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
EMPTY = f"# Performance\n\n![requests per second per slot](performance.svg)\n\n{BEGIN}\n{END}\n"


def write(out, results, merge):
    out.mkdir(parents=True, exist_ok=True)
    path = out / "performance.json"
    if merge and path.exists():
        old = json.loads(path.read_text())
        old["machine"] = results["machine"]
        old["results"].update(results["results"])
        results = old
    path.write_text(json.dumps(results, indent=1) + "\n")
    page = out / "performance.md"
    text = page.read_text() if page.exists() else EMPTY
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    page.write_text(head + BEGIN + "\n" + tables(results) + END + tail)
    plot(out, results["results"])


def tables(results):
    m = results["machine"]
    lines = [f"\n{m['date']}, {m['cpu']}, {m['cores']} cores, Linux {m['kernel']}.\n"]
    lines += ["| measured | goal | |", "|---|---|---|"]
    for name, result in results["results"].items():
        for goal, reached in result["goals"]:
            lines.append(f"| `{name}` | {goal} | {'reached' if reached else '**not reached**'} |")
    lines.append("")
    for name, result in results["results"].items():
        lines += [f"`{name}`\n", "| figure | value |", "|---|---|"]
        lines += [f"| {key} | {value} |" for key, value in flat(result)]
        lines.append("")
    return "\n".join(lines) + "\n"


def shown(value):
    return f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"


def flat(result, prefix=""):
    for key, value in result.items():
        if key in ("slots", "goals"):
            continue
        if isinstance(value, dict):
            yield from flat(value, prefix + key + " ")
        else:
            yield prefix + key, " ".join(shown(one) for one in value) if isinstance(value, list) else shown(value)


def plot(out, results):
    """Requests per second per slot, so that the spread is seen and not only the median."""
    slots = results.get("api_throughput", {}).get("slots")
    if not slots:
        return
    data = out / "performance.tsv"
    names = list(slots)
    rows = ["\t".join(["slot", *names])]
    rows += ["\t".join([str(i + 1), *(f"{slots[n][i]:.0f}" for n in names)]) for i in range(len(slots[names[0]]))]
    data.write_text("\n".join(rows) + "\n")
    script = f"""set terminal svg size 720,360 font 'sans,12' background '#ffffff'
set output '{out}/performance.svg'
set key outside right
set title 'Requests per second, one core for the server, 256 connections, 1 KB'
set xlabel 'slot of one second, interleaved'
set yrange [0:*]
set format y '%.0f'
plot for [i=2:{len(names) + 1}] '{data}' using 1:i with linespoints lw 2 title columnheader(i)
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
