"""MLflow: an experiment per run, an MLflow run per trial."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from schedcore.errors import InputError, MissingExtraError, SchedError
from schedcore.experiments.sinks.protocol import figures_of, parameters_of
from schedcore.experiments.trial import Trial, TrialRecord

_LONGEST = 500
"""Characters of a parameter's value that every back end of MLflow takes."""
_AT_ONCE = 1000
"""Metrics that one call may carry."""
KEY_TAG = "sched.key"


class MlflowSink:
    """Sends to the tracking server or database at ``uri``.

    The client object is used, so no global setting of MLflow is touched.  A trial that is there already, known by its
    key, is replaced.

    Raises
    ------
    MissingExtraError
        MLflow is not installed.
    """

    name = "mlflow"

    def __init__(self, uri: str) -> None:
        try:
            from mlflow.entities import Metric, Param, RunTag
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise MissingExtraError(
                "the sink mlflow needs the package mlflow (or mlflow-skinny), which is not installed",
                where="mlflow",
                remedy="pip install 'sched-research[tracking]'",
            ) from error
        self._entities = (Metric, Param, RunTag)
        self.uri = uri
        try:
            self._client = MlflowClient(tracking_uri=uri)
        except Exception as error:
            raise self._refused(error) from error
        self._experiment = ""

    def start(self, run_name: str, about: Mapping[str, Any]) -> None:
        """Find or make the experiment ``run_name``.

        Raises
        ------
        InputError
            The server does not answer, or refuses.
        """
        try:
            found = self._client.get_experiment_by_name(run_name)
            self._experiment = found.experiment_id if found else self._client.create_experiment(run_name)
            for name, value in about.items():
                self._client.set_experiment_tag(self._experiment, _name(name), str(value)[:_LONGEST])
        except Exception as error:
            raise self._refused(error) from error

    def trial(self, trial: Trial, record: TrialRecord) -> None:
        """Send a trial."""
        metric, param, tag = self._entities
        begun = _milliseconds(record.started)
        figures = [metric(_name(name), value, begun, 0) for name, value in figures_of(record).items()]
        for t, value, bound in record.trace:
            step = round(1000 * t)
            figures.append(metric("trace.objective", float(value), begun + step, step))
            if bound is not None:
                figures.append(metric("trace.bound", float(bound), begun + step, step))
        given = [param(_name(name), str(value)[:_LONGEST]) for name, value in parameters_of(trial).items()]
        tags = [tag(KEY_TAG, trial.key), tag("sched.status", str(record.status))]
        if record.error_type:
            tags += [tag("sched.error_type", record.error_type), tag("sched.message", record.message[:_LONGEST])]
        try:
            query = f"tags.`{KEY_TAG}` = '{trial.key}'"
            for old in self._client.search_runs([self._experiment], filter_string=query):
                self._client.delete_run(old.info.run_id)
            run = self._client.create_run(self._experiment, start_time=begun, run_name=trial.label)
            for first in range(0, max(1, len(figures)), _AT_ONCE - 200):
                part = figures[first : first + _AT_ONCE - 200]
                extra = (given[:100], tags) if first == 0 else ([], [])
                self._client.log_batch(run.info.run_id, metrics=part, params=extra[0], tags=extra[1])
            state = "FAILED" if record.failed else "FINISHED"
            self._client.set_terminated(run.info.run_id, status=state, end_time=begun + round(1000 * record.wall_s))
        except Exception as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Nothing is open."""

    def _refused(self, error: Exception) -> SchedError:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return InputError(
            f"MLflow refused: {first}", where=self.uri, remedy="check the URI, for example sqlite:///mlflow.db"
        )


def _name(name: str) -> str:
    """Letters, digits and ``_-. /``: what MLflow takes as a name."""
    return "".join(c if c.isalnum() or c in "_-. /" else "_" for c in name)


def _milliseconds(iso: str) -> int:
    from datetime import UTC, datetime

    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return int(1000 * time.time())
    return int(1000 * (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
