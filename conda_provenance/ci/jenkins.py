"""Jenkins: https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables

- ``BUILD_ID``, ``BUILD_NUMBER``, ``BUILD_URL`` and ``JOB_NAME`` are others' too (TeamCity, Prow, Drone); ``JENKINS_URL`` is not.
- ``BUILD_TAG`` (``jenkins-JOB-NUMBER``) is unique on its controller.
- Scripted pipelines set no ``GIT_…``. With several remotes (``GIT_URL_1``, ``GIT_URL_2``) none is the recipe's for sure.
- Branch source plugins put tokens into ``GIT_URL``.
- Multibranch jobs may build a merge commit of their own; the environment does not say which kind it is.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.on("JENKINS_URL")


def read(environ: Environ) -> dict[str, str | None]:
    return {
        "run_id": environ.get("BUILD_TAG"),
        "run_url": environ.get("BUILD_URL"),
        "sha": environ.get("GIT_COMMIT"),
        "remote_url": None if "GIT_URL_2" in environ else environ.first("GIT_URL", "GIT_URL_1"),
        "workspace": environ.get("WORKSPACE"),
    }


ADAPTER = Adapter(
    "jenkins", "Jenkins", "https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables", is_active, read
)
