#!/usr/bin/env python3
"""The metric by which the worker is scaled says what it should, above all when no task runs.

The expression is that of the module's mocked state; CloudWatch is an evaluator of what of metric math
it uses, by the rules of
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, which are named
where they are followed. A time series is a list, with None where there is no data point.
"""
import ast
import itertools
import operator
import sys

from mocked import report, resources, runs

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
             ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le}


class Math:
    def __init__(self, series):
        self.series = series
        self.length = max(map(len, series.values()))

    def points(self, value):
        return value if isinstance(value, list) else [value] * self.length

    def pairwise(self, apply, left, right):
        """"Missing values in a time series are treated as 0. If [it would] divide by zero, the data point is
        dropped"; of two series, that is, of which one has a value; and so with comparisons."""
        def point(a, b):
            if None in (a, b) and not (both and (a, b) != (None, None)):
                return None
            try:
                return float(apply(a or 0, b or 0))
            except ZeroDivisionError:
                return None
        both = isinstance(left, list) and isinstance(right, list)
        return [point(a, b) for a, b in zip(self.points(left), self.points(right))]

    def IF(self, condition, then, otherwise):
        """Point by point; "has the value of 0 if [the condition] is TRUE and the corresponding data point does
        not exist", is dropped where the condition has no point, or where it is FALSE and the other has none."""
        rows = zip(self.points(condition), self.points(then), self.points(otherwise))
        return [None if c is None else (a or 0) if c else b for c, a, b in rows]

    def FILL(self, series, how):
        """REPEAT: with the most recent actual value before the missing one; none before the first."""
        assert how == "REPEAT", how
        return list(itertools.accumulate(series, lambda last, value: last if value is None else value))

    def TIME_SERIES(self, value):
        """"A non-sparse time series where every value is set to a scalar"."""
        return [value] * self.length

    def value(self, node):
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return node.id if node.id.isupper() else self.series[node.id]
            case ast.Call():
                return getattr(self, node.func.id)(*map(self.value, node.args))
            case ast.BinOp():
                return self.pairwise(OPERATORS[type(node.op)], self.value(node.left), self.value(node.right))
            case ast.Compare(ops=[only], comparators=[right]):
                return self.pairwise(OPERATORS[type(only)], self.value(node.left), self.value(right))
        raise ValueError(ast.dump(node))


NONE = [None, None, None]
# (what is so, messages waiting, running tasks, what the metric is; a word: how it is to the target)
CASES = (
    ("tasks work", [900, 600, 300], [2, 2, 3], [450, 300, 100]),
    ("the queue is empty", [0, 0, 0], [2, 1, 0], [0, 0, 0]),
    ("nothing waits, nothing runs", [0, 0, 0], NONE, [0, 0, 0]),
    ("one message, no task; its count is 0", [1, 1, 1], [0, 0, 0], "above"),
    ("one message, no task; its count is missing", [1, 1, 1], NONE, "above"),
    ("many messages, no task", [5000, 5000, 5000], NONE, "above"),
    ("the count comes late", [900, 900, 900], [3, 3, None], [300, 300, 300]),
    ("the count has a hole", [900, 900, 900], [3, None, 3], [300, 300, 300]),
    ("nobody used the queue for hours", NONE, NONE, NONE),
)


def expressions():
    """(run, expression, target) of each policy by backlog."""
    for run in runs("terraform/modules/autoscaling", "terraform/modules/stack"):
        for policy in resources(run.module, "aws_appautoscaling_policy"):
            configuration = policy["values"]["target_tracking_scaling_policy_configuration"][0]
            for custom in configuration["customized_metric_specification"]:
                text = next(m["expression"] for m in custom["metrics"] if m["return_data"])
                yield run, text, configuration["target_value"]


def judge(text, target):
    for name, waiting, running, wanted in CASES:
        got = Math({"waiting": waiting, "running": running}).value(ast.parse(text, mode="eval").body)
        is_right = all(v is not None and v > target for v in got) if wanted == "above" else got == wanted
        if not is_right:
            yield f"{name}: {got}, should be {wanted}; the target is {target}"


def main():
    problems, count = [], 0
    for run, text, target in expressions():
        count += 1
        problems += [f"{run}: {text}: {problem}" for problem in judge(text, target)]
    if count == 0:
        problems.append("nothing is scaled by the backlog")
    return report(f"{count} policies by backlog, {len(CASES)} cases", problems)


sys.exit(main())
