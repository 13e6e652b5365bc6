"""One model, governed from its data to its promotion.

Quality gate, training, bias check, model card, a person's approval, promotion. On this data the
four-fifths rule really fails, so the bias check asks for a review: nothing is promoted until a
person who saw that finding accepts it, and says why.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import dag, task

from airflow_gov_provider.operators.bias import BiasCheck
from airflow_gov_provider.operators.model_card import ModelCardOperator
from airflow_gov_provider.operators.quality import DataQualityGate
from airflow_gov_provider.operators.registry import PromoteModelOperator
from airflow_gov_provider.sensors.approval import HumanApprovalSensor

DATA = Path(__file__).parent / "data"
MODEL = "income_model"
# Neither sex nor race, and not relationship, which names husbands and wives.
NUMBERS = ["age", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
CATEGORIES = ["workclass", "education", "marital_status", "occupation", "native_country"]
VERSION = "{{ ti.xcom_pull(task_ids='train')['model_version'] }}"


@task
def train() -> dict[str, str]:
    """Fit a classifier, log it to MLflow with its data and metrics, and register a version."""
    import os

    import mlflow
    import pandas as pd
    from mlflow.models import infer_signature
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, roc_auc_score
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    people = pd.read_parquet(DATA / "adult.parquet")
    fitted, held_out = train_test_split(
        people, test_size=0.25, random_state=7, stratify=people["income"]
    )
    settings = {"C": 1.0, "max_iter": 500}
    model = make_pipeline(
        make_column_transformer(
            (StandardScaler(), NUMBERS), (OneHotEncoder(handle_unknown="ignore"), CATEGORIES)
        ),
        LogisticRegression(**settings),
    )
    features = [*NUMBERS, *CATEGORIES]
    model.fit(fitted[features], fitted["income"])
    scores = model.predict_proba(held_out[features])[:, list(model.classes_).index(">50K")]
    predicted = model.predict(held_out[features])

    mlflow.set_experiment("governed_income_model")
    with mlflow.start_run() as run:
        for rows, context in ((fitted, "training"), (held_out, "evaluation")):
            source = mlflow.data.from_pandas(rows, source="adult.parquet", name="uci-adult")
            mlflow.log_input(source, context=context)
        mlflow.log_params({**settings, "test_size": 0.25, "features": ", ".join(features)})
        mlflow.log_metrics(
            {
                "accuracy": accuracy_score(held_out["income"], predicted),
                "roc_auc": roc_auc_score(held_out["income"] == ">50K", scores),
            }
        )
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(held_out[features], predicted),
            registered_model_name=MODEL,
            pip_requirements=["scikit-learn", "pandas"],
        )

    predictions = Path(os.environ["AIRFLOW_HOME"]) / "predictions" / f"{run.info.run_id}.parquet"
    predictions.parent.mkdir(parents=True, exist_ok=True)
    held_out.assign(predicted=predicted, score=scores)[
        ["sex", "race", "income", "predicted", "score"]
    ].to_parquet(predictions, index=False)
    return {
        "model_version": str(logged.registered_model_version),
        "predictions": str(predictions),
    }


@dag(
    schedule=None,
    tags=["governance", "example"],
    default_args={"owner": "ml-team", "retries": 2, "retry_delay": timedelta(seconds=5)},
    description="From census data to a promoted model, with a person in the path.",
)
def governed_income_model() -> None:
    check_data = DataQualityGate(
        task_id="check_data",
        contract=DATA / "adult_income.odcs.yaml",
        source=str(DATA / "adult.parquet"),
        on_fail="block",
    )
    check_bias = BiasCheck(
        task_id="check_bias",
        predictions="{{ ti.xcom_pull(task_ids='train')['predictions'] }}",
        label="income",
        prediction="predicted",
        positive_label=">50K",
        sensitive_features=["sex", "race"],
        thresholds={
            "four_fifths": {"at_least": 0.8},
            "equal_opportunity_difference": {"at_most": 0.2},
        },
        model_name=MODEL,
        model_version=VERSION,
        on_fail="review",
    )
    write_card = ModelCardOperator(
        task_id="write_card",
        model_name=MODEL,
        model_version=VERSION,
        human=DATA / "income_model.card.yaml",
    )
    approve = HumanApprovalSensor(
        task_id="approve",
        subject=f"Promote {MODEL} version {VERSION} to champion?",
        approvers=["approver"],
        model_name=MODEL,
        model_version=VERSION,
        response_timeout=timedelta(hours=24),
        on_reject="fail",
    )
    promote = PromoteModelOperator(
        task_id="promote",
        model_name=MODEL,
        model_version=VERSION,
        alias="champion",
        required=("quality", "bias", "card", "approval"),
    )
    check_data >> train() >> check_bias >> write_card >> approve >> promote


governed_income_model()
