#!/usr/bin/env python3
"""Make the dashboards of Grafana from the tables below: make_dashboards.py [--check]

Classic schema, for Grafana 9 and newer. The data source is a variable, so that a file fits any
installation. --check compares with the files that are there and exits with 1 where one differs.
"""
import json
import pathlib
import sys

OUT = pathlib.Path(__file__).resolve().parent / "dashboards"
SUBMIT = 'route=~"/|/submit|/publish",method="POST"'
THIS = 'job=~"$job",instance=~"$instance"'
COLUMNS = 24


def rate(metric, labels="", by=""):
    inside = ",".join(part for part in (THIS, labels) if part)
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{{{inside}}}[$__rate_interval]))"


def quantile(q, metric, labels="", by="le"):
    return f"histogram_quantile({q}, {rate(metric + '_bucket', labels, by)})"


def value(metric, labels="", function="sum", by=""):
    inside = ",".join(part for part in (THIS, labels) if part)
    return f"{function}{f' by ({by})' if by else ''} ({metric}{{{inside}}})"


# A panel: title, unit, what it shows and when to worry, then (legend, query) pairs.
PROCESS = ("Process", [
    ("CPU", "percentunit", "Cores in use by one task; 1 is a whole core.",
     [("{{instance}}", rate("process_cpu_seconds_total", by="instance"))]),
    ("Memory", "bytes", "Resident and virtual memory of one task.",
     [("{{instance}}", value("process_resident_memory_bytes", by="instance")),
      ("{{instance}} virtual", value("process_virtual_memory_bytes", by="instance"))]),
    ("Files and threads", "short", "Open files beside the limit, and threads.",
     [("{{instance}} files", value("process_open_fds", by="instance")),
      ("{{instance}} limit", value("process_max_fds", by="instance")),
      ("{{instance}} threads", value("process_threads", by="instance"))]),
    ("Log lines", "short", "Lines a second by level; errors should be none.",
     [("{{level}}", rate("ops_log_lines_total", by="level"))]),
    ("Up since", "dateTimeFromNow", "Start of each task.",
     [("{{instance}}", f"max by (instance) (process_start_time_seconds{{{THIS}}}) * 1000")]),
    ("Version", "short", "What runs; two versions at a time only while a deployment is under way.",
     [("{{instance}} {{version}} {{microhttpd}}",
       value("ops_build_info", function="max", by="instance, version, microhttpd"))]),
])
AWS = ("AWS", [
    ("Calls", "reqps", "Requests to AWS by service, repeats included: they are the bill.",
     [("{{service}}", rate("ops_aws_calls_total", by="service"))]),
    ("Repeats and throttling", "reqps", "Requests that were repeats, and those that were refused for their rate.",
     [("{{service}} repeats", rate("ops_aws_retries_total", by="service")),
      ("{{service}} throttled", rate("ops_aws_throttled_total", by="service"))]),
    ("Clock and credentials", "s", "By how much the clock of AWS is ahead of the task's, and how long its credentials last.",
     [("{{instance}} skew", value("ops_aws_clock_skew_seconds", function="max", by="instance")),
      ("{{instance}} credentials",
       f"min by (instance) ((ops_aws_credentials_expiry_timestamp_seconds{{{THIS}}} > 0) - time())")]),
])

DASHBOARDS = {
    "ops-api": ("Ops: intake (ops-api)", "ops-api", [
        ("Requests", [
            ("Submits", "reqps", "What clients send, by answer.",
             [("{{code}}", rate("ops_http_requests_total", SUBMIT, "code"))]),
            ("Time to answer", "s", "From the request line to the end of the answer; it waits for the queue.",
             [("p50", quantile(0.5, "ops_http_request_duration_seconds", SUBMIT)),
              ("p95", quantile(0.95, "ops_http_request_duration_seconds", SUBMIT)),
              ("p99", quantile(0.99, "ops_http_request_duration_seconds", SUBMIT)),
              ("mean", rate("ops_http_request_duration_seconds_sum", SUBMIT) + " / " +
               rate("ops_http_request_duration_seconds_count", SUBMIT))]),
            ("All routes", "reqps", "Probes of load balancers among them.",
             [("{{route}} {{method}}", rate("ops_http_requests_total", by="route, method"))]),
            ("Connections", "short", "Open connections, and requests under way.",
             [("connections", value("ops_http_connections")), ("requests", value("ops_http_requests_in_flight"))]),
        ]),
        ("Who and what", [
            ("Credentials", "reqps", "Decisions by scheme, key and result. key=previous: a client has not seen the rotation.",
             [("{{scheme}} {{key}} {{result}}", rate("ops_auth_decisions_total", by="scheme, key, result"))]),
            ("Payloads refused", "reqps", "Bodies refused for their content, by reason.",
             [("{{reason}}", rate("ops_payload_rejections_total", by="reason"))]),
            ("Retries of clients", "reqps", "Webhook ids that came again: answered from memory, waited for, in conflict (422), or forgotten early.",
             [("{{event}}", rate("ops_replay_events_total", by="event")),
              ("remembered", value("ops_replay_ids"))]),
            ("Secret", "s", "Age of the last good read, and reads by result.",
             [("{{instance}} age", f"time() - {value('ops_secret_read_timestamp_seconds', function='max', by='instance')}"),
              ("reads {{result}}", rate("ops_secret_reads_total", by="result"))]),
            ("Token in force", "short", "Fingerprints that the tasks accept; more than one current: a rotation is under way.",
             [("{{key}} {{fingerprint}}", value("ops_secret_info", function="count", by="key, fingerprint"))]),
        ]),
        ("To the queue", [
            ("Records", "reqps", "Accepted, confirmed by the queue, not confirmed (503), and refused for want of room (503).",
             [("accepted", rate("ops_records_accepted_total")), ("sent", rate("ops_records_sent_total")),
              ("failed", rate("ops_records_failed_total")), ("refused", rate("ops_records_refused_total"))]),
            ("Records per envelope", "short", "Natural grouping: 1 at low load, hundreds at high load.",
             [("mean", rate("ops_envelope_records_sum") + " / " + rate("ops_envelope_records_count")),
              ("p99", quantile(0.99, "ops_envelope_records")), ("envelopes/s", rate("ops_envelopes_sent_total"))]),
            ("Time to send", "s", "One call to the queue.",
             [("p50", quantile(0.5, "ops_queue_send_duration_seconds")),
              ("p99", quantile(0.99, "ops_queue_send_duration_seconds")),
              ("mean", rate("ops_queue_send_duration_seconds_sum") + " / " + rate("ops_queue_send_duration_seconds_count"))]),
            ("Outbox", "bytes", "Bytes that wait for the queue; beyond OPS_MAX_PENDING_BYTES clients get 503.",
             [("bytes", value("ops_outbox_bytes"))]),
            ("Waiting and senders", "short", "Records that wait, and calls to the queue that may run at a time: halved when the queue throttles.",
             [("records", value("ops_outbox_records")), ("senders", value("ops_queue_senders"))]),
            ("Send errors", "reqps", "Calls or envelopes that failed once, by code; they are repeated.",
             [("{{code}}", rate("ops_queue_send_errors_total", by="code"))]),
        ]),
        AWS, PROCESS]),
    "ops-worker": ("Ops: delivery (ops-worker)", "ops-worker", [
        ("Flow", [
            ("Envelopes", "reqps", "Received, stored, found stored already, deleted.",
             [("received", rate("ops_envelopes_received_total")), ("stored", rate("ops_envelopes_stored_total")),
              ("duplicate", rate("ops_envelopes_duplicate_total")), ("deleted", rate("ops_envelopes_deleted_total"))]),
            ("Records stored", "reqps", "Records in envelopes newly written.",
             [("records", rate("ops_records_stored_total"))]),
            ("Held now", "short", "Deliveries in the hands of the worker.",
             [("{{instance}}", value("ops_envelopes_in_flight", by="instance"))]),
            ("Bytes held", "bytes", "Their bytes.",
             [("{{instance}}", value("ops_envelopes_in_flight_bytes", by="instance"))]),
        ]),
        ("Queue", [
            ("Messages", "short", "Visible, in flight, dead. Every worker tells the same queue.",
             [("{{state}}", value("ops_queue_messages", function="max", by="state"))]),
            ("Oldest message", "s", "Its age; it should fall to 0 when the worker keeps up.",
             [("age", value("ops_queue_oldest_age_seconds", function="max"))]),
        ]),
        ("Trouble", [
            ("Failures", "reqps", "Attempts that went wrong, by stage; they are repeated.",
             [("{{stage}}", rate("ops_failures_total", by="stage"))]),
            ("Given back, refused, foreign", "reqps", "Deliveries given back, those that can never be stored, and messages that ops-api did not make.",
             [("returned {{reason}}", rate("ops_envelopes_returned_total", by="reason")),
              ("refused", rate("ops_envelopes_refused_total")), ("foreign", rate("ops_envelopes_foreign_total"))]),
            ("Leases lost", "reqps", "Work that took longer than its lease, or could not extend it.",
             [("lost", rate("ops_leases_lost_total"))]),
            ("Store", "bool_yes_no", "Whether the store takes anything, by task.",
             [("{{instance}}", value("ops_store_available", function="min", by="instance"))]),
            ("Since the last success", "s", "Time since an envelope was stored; harmless while the queue is empty.",
             [("{{instance}}", f"time() - {value('ops_last_success_timestamp_seconds', function='max', by='instance')}")]),
        ]),
        AWS, PROCESS]),
    "ops-pipeline": ("Ops: the whole pipeline", "ops-api|ops-worker", [
        ("Is it well?", [
            ("Availability of submits, 1 h", "percentunit", "Share of submits without a 5xx; 99.9 % are promised.",
             [("availability", "1 - max(ops:submit_errors:ratio_rate1h)")]),
            ("Burn rate", "short", "How many times faster than allowed the error budget goes; above 14.4 somebody is paged.",
             [("5m", "max(ops:submit_errors:ratio_rate5m) / 0.001"), ("30m", "max(ops:submit_errors:ratio_rate30m) / 0.001"),
              ("6h", "max(ops:submit_errors:ratio_rate6h) / 0.001"), ("3d", "max(ops:submit_errors:ratio_rate3d) / 0.001")]),
            ("Tasks", "short", "Tasks that answer on their admin port.",
             [("{{job}}", 'sum by (job) (up{job=~"$job"})')]),
            ("Alerts", "short", "Alerts that fire.",
             [("{{alertname}}", 'count by (alertname) (ALERTS{alertstate="firing"})')]),
        ]),
        ("Conservation", [
            ("Records", "reqps", "Accepted, confirmed by the queue, stored. In rest the three are one line.",
             [("accepted", "ops:records_accepted:rate5m"), ("sent", rate("ops_records_sent_total")),
              ("stored", "ops:records_stored:rate5m")]),
            ("Account", "short", "Records sent less records stored over the span of the dashboard: what waits, is under way or dead. For the exact account: opsctl reconcile.",
             [("not stored yet", f"sum(increase(ops_records_sent_total{{{THIS}}}[$__range])) - sum(increase(ops_records_stored_total{{{THIS}}}[$__range]))")]),
            ("Envelopes", "short", "Sent, stored and dead over the span of the dashboard.",
             [("sent", f"sum(increase(ops_envelopes_sent_total{{{THIS}}}[$__range]))"),
              ("stored", f"sum(increase(ops_envelopes_stored_total{{{THIS}}}[$__range]))"),
              ("dead", 'ops:queue_messages:max{state="dead"}')]),
        ]),
        ("Time", [
            ("From accepted to stored", "s", "Of envelopes, by the clocks of api and worker.",
             [("p50", quantile(0.5, "ops_hop_age_seconds", 'hop="accepted_stored"')),
              ("p99", "ops:accepted_to_stored_seconds:p99_5m")]),
            ("By hop, mean", "s", "Where the time goes.",
             [("{{hop}}", rate("ops_hop_age_seconds_sum", by="hop") + " / " + rate("ops_hop_age_seconds_count", by="hop"))]),
            ("Oldest message", "s", "What the next record may have to wait.",
             [("age", "ops:queue_oldest_age_seconds:max")]),
            ("Answers", "s", "99 % of the submits are answered within this.",
             [("p99", "max(ops:submit_duration_seconds:p99_5m)")]),
            ("Submits", "reqps", "What clients send.", [("{{job}}", "ops:submit_requests:rate5m")]),
        ]),
    ]),
}


def variables(job):
    return [
        {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source",
         "current": {}, "hide": 0, "refresh": 1},
        variable("job", "Job", f'label_values(up{{job=~"{job}"}}, job)'),
        variable("instance", "Instance", 'label_values(up{job=~"$job"}, instance)'),
    ]


def variable(name, label, query):
    return {"name": name, "type": "query", "label": label, "datasource": {"uid": "${datasource}", "type": "prometheus"},
            "query": {"query": query, "refId": name}, "definition": query, "includeAll": True, "multi": True,
            "allValue": ".*", "current": {"text": "All", "value": "$__all"}, "refresh": 2, "sort": 1, "hide": 0}


def panel(number, place, title, unit, description, queries):
    source = {"uid": "${datasource}", "type": "prometheus"}
    return {"id": number, "type": "timeseries", "title": title, "description": description, "datasource": source,
            "gridPos": place, "options": {"legend": {"displayMode": "list", "placement": "bottom"},
                                          "tooltip": {"mode": "multi", "sort": "desc"}},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0 if unit != "s" else None,
                                         "custom": {"fillOpacity": 10, "showPoints": "never"}}, "overrides": []},
            "targets": [{"refId": chr(ord("A") + i), "expr": expr, "legendFormat": legend, "datasource": source}
                        for i, (legend, expr) in enumerate(queries)]}


def panels(rows):
    made, top, number = [], 0, 1
    for title, row in rows:
        made.append({"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
                     "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": top}})
        number, top = number + 1, top + 1
        for i, one in enumerate(row):
            place = {"h": 8, "w": COLUMNS // 3, "x": i % 3 * (COLUMNS // 3), "y": top + i // 3 * 8}
            made.append(panel(number, place, *one))
            number += 1
        top += (len(row) + 2) // 3 * 8
    return made


def dashboard(uid, title, job, rows):
    return {"uid": uid, "title": title, "tags": ["ops"], "schemaVersion": 38, "version": 1, "editable": False,
            "timezone": "utc", "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "graphTooltip": 1,
            "templating": {"list": variables(job)}, "annotations": {"list": []},
            "links": [{"title": "Ops", "type": "dashboards", "tags": ["ops"], "asDropdown": True}],
            "panels": panels(rows)}


def main():
    is_check, differ = "--check" in sys.argv[1:], []
    for uid, (title, job, rows) in DASHBOARDS.items():
        path, text = OUT / f"{uid}.json", json.dumps(dashboard(uid, title, job, rows), indent=1) + "\n"
        if not is_check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            differ.append(path.name)
    if differ:
        sys.exit(f"not as make_dashboards.py makes them: {' '.join(differ)}; run it")


main()
