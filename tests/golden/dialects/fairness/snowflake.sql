-- decisions by two features, with weights
SELECT
  "sex" AS "c0",
  "age" AS "c1",
  "repaid" AS "c2",
  "granted" AS "c3",
  COUNT(*) AS "c4",
  SUM(CAST("weight" AS DOUBLE)) AS "c5",
  SUM(CAST("weight" AS DOUBLE) * CAST("weight" AS DOUBLE)) AS "c6",
  SUM(
    CASE
      WHEN (
        CAST("weight" AS DOUBLE) IS NULL
        OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
      )
      OR CAST("weight" AS DOUBLE) < 0.0
      THEN 1
      ELSE 0
    END
  ) AS "c7"
FROM (
  SELECT
    COLLATE("sex", 'utf8') AS "sex",
    "age" AS "age",
    "repaid" AS "repaid",
    "granted" AS "granted",
    "weight" AS "weight"
  FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
) AS asked
GROUP BY
  1,
  2,
  3,
  4
LIMIT 100001;

-- decisions of three classes
SELECT
  "sex" AS "c0",
  "age" AS "c1",
  "repaid" AS "c2",
  "granted" AS "c3",
  COUNT(*) AS "c4"
FROM (
  SELECT
    COLLATE("sex", 'utf8') AS "sex",
    "age" AS "age",
    "repaid" AS "repaid",
    "granted" AS "granted"
  FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
) AS asked
GROUP BY
  1,
  2,
  3,
  4
LIMIT 100001;

-- scores, in a hundred bins
SELECT
  "sex" AS "c0",
  "age" AS "c1",
  "repaid" AS "c2",
  CASE
    WHEN CAST("score" AS DOUBLE) IS NULL
    OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
    THEN NULL
    WHEN CAST("score" AS DOUBLE) >= 0.5
    THEN 1
    ELSE 0
  END AS "c3",
  CASE
    WHEN CAST("score" AS DOUBLE) IS NULL
    OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
    THEN NULL
    WHEN CAST("score" AS DOUBLE) >= 0.9
    THEN 9
    WHEN CAST("score" AS DOUBLE) >= 0.8
    THEN 8
    WHEN CAST("score" AS DOUBLE) >= 0.7
    THEN 7
    WHEN CAST("score" AS DOUBLE) >= 0.6
    THEN 6
    WHEN CAST("score" AS DOUBLE) >= 0.5
    THEN 5
    WHEN CAST("score" AS DOUBLE) >= 0.4
    THEN 4
    WHEN CAST("score" AS DOUBLE) >= 0.3
    THEN 3
    WHEN CAST("score" AS DOUBLE) >= 0.2
    THEN 2
    WHEN CAST("score" AS DOUBLE) >= 0.1
    THEN 1
    ELSE 0
  END AS "c4",
  CASE
    WHEN CAST("score" AS DOUBLE) IS NULL
    OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
    THEN NULL
    WHEN CAST("score" AS DOUBLE) >= 0.0 AND CAST("score" AS DOUBLE) <= 1.0
    THEN FLOOR(CAST("score" AS DOUBLE) * 100 + 0.5)
    ELSE NULL
  END AS "c5",
  COUNT(*) AS "c6",
  SUM(CAST("weight" AS DOUBLE)) AS "c7",
  SUM(CAST("weight" AS DOUBLE) * CAST("weight" AS DOUBLE)) AS "c8",
  SUM(
    CASE
      WHEN (
        CAST("weight" AS DOUBLE) IS NULL
        OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
      )
      OR CAST("weight" AS DOUBLE) < 0.0
      THEN 1
      ELSE 0
    END
  ) AS "c9",
  SUM(
    CASE
      WHEN ABS(CAST("score" AS DOUBLE)) < CAST('1e-70' AS DOUBLE)
      THEN 0.0
      ELSE CAST("score" AS DOUBLE)
    END * CAST("weight" AS DOUBLE)
  ) AS "c10",
  SUM(
    (
      CASE
        WHEN ABS(CAST("score" AS DOUBLE)) < CAST('1e-70' AS DOUBLE)
        THEN 0.0
        ELSE CAST("score" AS DOUBLE)
      END * CAST("weight" AS DOUBLE)
    ) * CASE
      WHEN ABS(CAST("score" AS DOUBLE)) < CAST('1e-70' AS DOUBLE)
      THEN 0.0
      ELSE CAST("score" AS DOUBLE)
    END
  ) AS "c11",
  MIN(CAST("score" AS DOUBLE)) AS "c12",
  MAX(CAST("score" AS DOUBLE)) AS "c13"
FROM (
  SELECT
    COLLATE("sex", 'utf8') AS "sex",
    "age" AS "age",
    "repaid" AS "repaid",
    "score" AS "score",
    "weight" AS "weight"
  FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
) AS asked
GROUP BY
  1,
  2,
  3,
  4,
  5,
  6
LIMIT 1000001;

-- errors of predicted numbers, with their quantiles
SELECT
  "g0" AS "c0",
  COUNT(*) AS "c1",
  COUNT("e") AS "c2",
  SUM("e") AS "c3",
  SUM(ABS("e")) AS "c4",
  SUM("e" * "e") AS "c5",
  SUM((
    "e" * "e"
  ) * (
    "e" * "e"
  )) AS "c6",
  SUM("p") AS "c7",
  SUM("y") AS "c8"
FROM (
  SELECT
    "sex" AS "g0",
    CASE
      WHEN (
        NOT (
          CAST("weight" AS DOUBLE) IS NULL
          OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
        )
        AND ABS(CAST("weight" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
      )
      AND (
        NOT (
          CAST("score" AS DOUBLE) IS NULL
          OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
        )
        AND ABS(CAST("score" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
      )
      THEN CASE
        WHEN ABS(CAST("score" AS DOUBLE)) < CAST('1e-70' AS DOUBLE)
        THEN 0.0
        ELSE CAST("score" AS DOUBLE)
      END
      ELSE NULL
    END AS "p",
    CASE
      WHEN (
        NOT (
          CAST("weight" AS DOUBLE) IS NULL
          OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
        )
        AND ABS(CAST("weight" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
      )
      AND (
        NOT (
          CAST("score" AS DOUBLE) IS NULL
          OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
        )
        AND ABS(CAST("score" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
      )
      THEN CASE
        WHEN ABS(CAST("weight" AS DOUBLE)) < CAST('1e-70' AS DOUBLE)
        THEN 0.0
        ELSE CAST("weight" AS DOUBLE)
      END
      ELSE NULL
    END AS "y",
    CASE
      WHEN (
        NOT (
          CAST("weight" AS DOUBLE) IS NULL
          OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
        )
        AND ABS(CAST("weight" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
      )
      AND (
        NOT (
          CAST("score" AS DOUBLE) IS NULL
          OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
        )
        AND ABS(CAST("score" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
      )
      THEN CASE
        WHEN ABS((
          CAST("score" AS DOUBLE) - CAST("weight" AS DOUBLE)
        )) < CAST('1e-70' AS DOUBLE)
        THEN 0.0
        ELSE (
          CAST("score" AS DOUBLE) - CAST("weight" AS DOUBLE)
        )
      END
      ELSE NULL
    END AS "e"
  FROM (
    SELECT
      COLLATE("sex", 'utf8') AS "sex",
      "weight" AS "weight",
      "score" AS "score"
    FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
  ) AS asked
) AS judged
GROUP BY
  1
LIMIT 1001;

SELECT
  MAX(CASE WHEN place = FLOOR(0.1 * highest) THEN v END) + (
    MAX(CASE WHEN place = CEIL(0.1 * highest) THEN v END) - MAX(CASE WHEN place = FLOOR(0.1 * highest) THEN v END)
  ) * MAX(0.1 * highest - FLOOR(0.1 * highest)),
  MAX(CASE WHEN place = FLOOR(0.5 * highest) THEN v END) + (
    MAX(CASE WHEN place = CEIL(0.5 * highest) THEN v END) - MAX(CASE WHEN place = FLOOR(0.5 * highest) THEN v END)
  ) * MAX(0.5 * highest - FLOOR(0.5 * highest)),
  MAX(CASE WHEN place = FLOOR(0.9 * highest) THEN v END) + (
    MAX(CASE WHEN place = CEIL(0.9 * highest) THEN v END) - MAX(CASE WHEN place = FLOOR(0.9 * highest) THEN v END)
  ) * MAX(0.9 * highest - FLOOR(0.9 * highest))
FROM (
  SELECT
    CAST("e" AS DOUBLE) AS v,
    ROW_NUMBER() OVER (ORDER BY "e") - 1 AS place,
    CAST(COUNT(*) OVER () - 1 AS DOUBLE) AS highest
  FROM (
    SELECT
      "sex" AS "g0",
      CASE
        WHEN (
          NOT (
            CAST("weight" AS DOUBLE) IS NULL
            OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("weight" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        AND (
          NOT (
            CAST("score" AS DOUBLE) IS NULL
            OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("score" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        THEN CASE
          WHEN ABS(CAST("score" AS DOUBLE)) < CAST('1e-70' AS DOUBLE)
          THEN 0.0
          ELSE CAST("score" AS DOUBLE)
        END
        ELSE NULL
      END AS "p",
      CASE
        WHEN (
          NOT (
            CAST("weight" AS DOUBLE) IS NULL
            OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("weight" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        AND (
          NOT (
            CAST("score" AS DOUBLE) IS NULL
            OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("score" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        THEN CASE
          WHEN ABS(CAST("weight" AS DOUBLE)) < CAST('1e-70' AS DOUBLE)
          THEN 0.0
          ELSE CAST("weight" AS DOUBLE)
        END
        ELSE NULL
      END AS "y",
      CASE
        WHEN (
          NOT (
            CAST("weight" AS DOUBLE) IS NULL
            OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("weight" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        AND (
          NOT (
            CAST("score" AS DOUBLE) IS NULL
            OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("score" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        THEN CASE
          WHEN ABS((
            CAST("score" AS DOUBLE) - CAST("weight" AS DOUBLE)
          )) < CAST('1e-70' AS DOUBLE)
          THEN 0.0
          ELSE (
            CAST("score" AS DOUBLE) - CAST("weight" AS DOUBLE)
          )
        END
        ELSE NULL
      END AS "e"
    FROM (
      SELECT
        COLLATE("sex", 'utf8') AS "sex",
        "weight" AS "weight",
        "score" AS "score"
      FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
    ) AS asked
  ) AS judged
  WHERE
    NOT "e" IS NULL
) AS ranked;

SELECT
  k0,
  MAX(CASE WHEN place = FLOOR(0.1 * highest) THEN v END) + (
    MAX(CASE WHEN place = CEIL(0.1 * highest) THEN v END) - MAX(CASE WHEN place = FLOOR(0.1 * highest) THEN v END)
  ) * MAX(0.1 * highest - FLOOR(0.1 * highest)),
  MAX(CASE WHEN place = FLOOR(0.5 * highest) THEN v END) + (
    MAX(CASE WHEN place = CEIL(0.5 * highest) THEN v END) - MAX(CASE WHEN place = FLOOR(0.5 * highest) THEN v END)
  ) * MAX(0.5 * highest - FLOOR(0.5 * highest)),
  MAX(CASE WHEN place = FLOOR(0.9 * highest) THEN v END) + (
    MAX(CASE WHEN place = CEIL(0.9 * highest) THEN v END) - MAX(CASE WHEN place = FLOOR(0.9 * highest) THEN v END)
  ) * MAX(0.9 * highest - FLOOR(0.9 * highest))
FROM (
  SELECT
    "g0" AS k0,
    CAST("e" AS DOUBLE) AS v,
    ROW_NUMBER() OVER (PARTITION BY "g0" ORDER BY "e") - 1 AS place,
    CAST(COUNT(*) OVER (PARTITION BY "g0") - 1 AS DOUBLE) AS highest
  FROM (
    SELECT
      "sex" AS "g0",
      CASE
        WHEN (
          NOT (
            CAST("weight" AS DOUBLE) IS NULL
            OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("weight" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        AND (
          NOT (
            CAST("score" AS DOUBLE) IS NULL
            OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("score" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        THEN CASE
          WHEN ABS(CAST("score" AS DOUBLE)) < CAST('1e-70' AS DOUBLE)
          THEN 0.0
          ELSE CAST("score" AS DOUBLE)
        END
        ELSE NULL
      END AS "p",
      CASE
        WHEN (
          NOT (
            CAST("weight" AS DOUBLE) IS NULL
            OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("weight" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        AND (
          NOT (
            CAST("score" AS DOUBLE) IS NULL
            OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("score" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        THEN CASE
          WHEN ABS(CAST("weight" AS DOUBLE)) < CAST('1e-70' AS DOUBLE)
          THEN 0.0
          ELSE CAST("weight" AS DOUBLE)
        END
        ELSE NULL
      END AS "y",
      CASE
        WHEN (
          NOT (
            CAST("weight" AS DOUBLE) IS NULL
            OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("weight" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        AND (
          NOT (
            CAST("score" AS DOUBLE) IS NULL
            OR CAST("score" AS DOUBLE) = CAST('NaN' AS DOUBLE)
          )
          AND ABS(CAST("score" AS DOUBLE)) <= CAST('1.7976931348623157e+308' AS DOUBLE)
        )
        THEN CASE
          WHEN ABS((
            CAST("score" AS DOUBLE) - CAST("weight" AS DOUBLE)
          )) < CAST('1e-70' AS DOUBLE)
          THEN 0.0
          ELSE (
            CAST("score" AS DOUBLE) - CAST("weight" AS DOUBLE)
          )
        END
        ELSE NULL
      END AS "e"
    FROM (
      SELECT
        COLLATE("sex", 'utf8') AS "sex",
        "weight" AS "weight",
        "score" AS "score"
      FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
    ) AS asked
  ) AS judged
  WHERE
    NOT "e" IS NULL
) AS ranked
GROUP BY
  1;

-- the worst slice
SELECT
  *
FROM (
  SELECT
    "sex" AS "c0",
    COUNT(*) AS "c1"
  FROM (
    SELECT
      COLLATE("sex", 'utf8') AS "sex",
      "age" AS "age",
      COLLATE("city", 'utf8') AS "city",
      "repaid" AS "repaid",
      "granted" AS "granted",
      "weight" AS "weight"
    FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
  ) AS asked
  GROUP BY
    1
) AS counted
ORDER BY
  "c1" DESC NULLS LAST,
  COLLATE("c0", 'utf8')
LIMIT 3;

SELECT
  *
FROM (
  SELECT
    "age" AS "c0",
    COUNT(*) AS "c1"
  FROM (
    SELECT
      COLLATE("sex", 'utf8') AS "sex",
      "age" AS "age",
      COLLATE("city", 'utf8') AS "city",
      "repaid" AS "repaid",
      "granted" AS "granted",
      "weight" AS "weight"
    FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
  ) AS asked
  GROUP BY
    1
) AS counted
ORDER BY
  "c1" DESC NULLS LAST,
  "c0"
LIMIT 3;

SELECT
  MAX(CASE WHEN place = FLOOR(0.3333333333333333 * highest) THEN v END) + (
    MAX(CASE WHEN place = CEIL(0.3333333333333333 * highest) THEN v END) - MAX(CASE WHEN place = FLOOR(0.3333333333333333 * highest) THEN v END)
  ) * MAX(0.3333333333333333 * highest - FLOOR(0.3333333333333333 * highest)),
  MAX(CASE WHEN place = FLOOR(0.6666666666666666 * highest) THEN v END) + (
    MAX(CASE WHEN place = CEIL(0.6666666666666666 * highest) THEN v END) - MAX(CASE WHEN place = FLOOR(0.6666666666666666 * highest) THEN v END)
  ) * MAX(0.6666666666666666 * highest - FLOOR(0.6666666666666666 * highest))
FROM (
  SELECT
    CAST("age" AS DOUBLE) AS v,
    ROW_NUMBER() OVER (ORDER BY "age") - 1 AS place,
    CAST(COUNT(*) OVER () - 1 AS DOUBLE) AS highest
  FROM (
    SELECT
      "age"
    FROM (
      SELECT
        COLLATE("sex", 'utf8') AS "sex",
        "age" AS "age",
        COLLATE("city", 'utf8') AS "city",
        "repaid" AS "repaid",
        "granted" AS "granted",
        "weight" AS "weight"
      FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
    ) AS asked
    WHERE
      NOT "age" IS NULL
  ) AS numbers
  WHERE
    NOT "age" IS NULL
) AS ranked;

SELECT
  *
FROM (
  SELECT
    "city" AS "c0",
    COUNT(*) AS "c1"
  FROM (
    SELECT
      COLLATE("sex", 'utf8') AS "sex",
      "age" AS "age",
      COLLATE("city", 'utf8') AS "city",
      "repaid" AS "repaid",
      "granted" AS "granted",
      "weight" AS "weight"
    FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
  ) AS asked
  GROUP BY
    1
) AS counted
ORDER BY
  "c1" DESC NULLS LAST,
  COLLATE("c0", 'utf8')
LIMIT 3;

SELECT
  *
FROM (
  SELECT
    CAST("city" AS VARCHAR) AS "c0",
    COUNT(*) AS "c1"
  FROM (
    SELECT
      COLLATE("sex", 'utf8') AS "sex",
      "age" AS "age",
      COLLATE("city", 'utf8') AS "city",
      "repaid" AS "repaid",
      "granted" AS "granted",
      "weight" AS "weight"
    FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
  ) AS asked
  GROUP BY
    1
) AS counted
ORDER BY
  "c1" DESC NULLS LAST,
  COLLATE("c0", 'utf8')
LIMIT 3;

SELECT
  "sex" AS "c0",
  "age" AS "c1",
  "city" AS "c2",
  "repaid" AS "c3",
  "granted" AS "c4",
  COUNT(*) AS "c5",
  SUM(CAST("weight" AS DOUBLE)) AS "c6",
  SUM(CAST("weight" AS DOUBLE) * CAST("weight" AS DOUBLE)) AS "c7",
  SUM(
    CASE
      WHEN (
        CAST("weight" AS DOUBLE) IS NULL
        OR CAST("weight" AS DOUBLE) = CAST('NaN' AS DOUBLE)
      )
      OR CAST("weight" AS DOUBLE) < 0.0
      THEN 1
      ELSE 0
    END
  ) AS "c8"
FROM (
  SELECT
    "repaid",
    "granted",
    "weight",
    "sex" AS "sex",
    CASE
      WHEN NOT NOT "age" IS NULL
      THEN NULL
      WHEN "age" <= 2.6666666666666643
      THEN '<= 2.6666666666666643'
      WHEN "age" <= 5.333333333333329
      THEN '> 2.6666666666666643, <= 5.333333333333329'
      ELSE '> 5.333333333333329'
    END AS "age",
    CASE
      WHEN "city" IS NULL
      THEN NULL
      WHEN CAST("city" AS VARCHAR) IN ('c0', 'c1')
      THEN CAST("city" AS VARCHAR)
      ELSE '(rare values)'
    END AS "city"
  FROM (
    SELECT
      COLLATE("sex", 'utf8') AS "sex",
      "age" AS "age",
      COLLATE("city", 'utf8') AS "city",
      "repaid" AS "repaid",
      "granted" AS "granted",
      "weight" AS "weight"
    FROM "loans" AT (TIMESTAMP => CAST('2026-03-02 12:00:00+00:00' AS TIMESTAMPTZ))
  ) AS asked
) AS cut
GROUP BY
  1,
  2,
  3,
  4,
  5
LIMIT 20000001;
