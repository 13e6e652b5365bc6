-- orders 1 on shop.public.orders, for trino

SELECT
  COUNT(DISTINCT "id") FILTER(WHERE
    NOT "id" IS NULL) AS m_0
FROM "shop"."public"."orders";

SELECT
  COUNT(*) AS m_0,
  COUNT("id") AS m_1,
  COUNT("country") AS m_2,
  COUNT(*) FILTER(WHERE
    NOT "country" IS NULL
    AND NOT "country" IN ('AT', 'DE', 'it''s', 'back\slash', 'Österreich')) AS m_3,
  COUNT(*) FILTER(WHERE
    NOT "country" IS NULL AND "country" IN ('XX')) AS m_4,
  COUNT(*) FILTER(WHERE
    NOT "country" IS NULL AND (
      LENGTH("country") < 2 OR LENGTH("country") > 56
    )) AS m_5,
  COUNT("amount") AS m_6,
  COUNT(*) FILTER(WHERE
    NOT "amount" IS NULL
    AND (
      "amount" <= -0.5e0 OR "amount" > 150 OR IS_NAN("amount")
    )) AS m_7,
  MIN("amount") AS m_8,
  COUNT(*) FILTER(WHERE
    NOT "amount" IS NULL AND IS_NAN("amount")) AS m_9,
  MAX("amount") AS m_10,
  AVG("amount") AS m_11,
  STDDEV_SAMP(CAST("amount" AS DOUBLE)) AS m_12,
  SUM("amount") AS m_13,
  (
    SELECT
      MIN(v) + (
        MAX(v) - MIN(v)
      ) * MAX(
        (
          0.9 * CAST((
            n - 1
          ) AS DOUBLE)
        ) - FLOOR((
          0.9 * CAST((
            n - 1
          ) AS DOUBLE)
        ))
      )
    FROM (
      SELECT
        CAST("amount" AS DOUBLE) AS v,
        ROW_NUMBER() OVER (ORDER BY CAST("amount" AS DOUBLE)) - 1 AS r,
        COUNT(CAST("amount" AS DOUBLE)) OVER () AS n
      FROM "shop"."public"."orders"
    ) AS ranked
    WHERE
      r IN (
        FLOOR((
          0.9 * CAST((
            n - 1
          ) AS DOUBLE)
        )),
        CEIL((
          0.9 * CAST((
            n - 1
          ) AS DOUBLE)
        ))
      )
      AND NOT v IS NULL
  ) AS m_14,
  COUNT("items") AS m_15,
  CAST(SUM(CAST("items" AS DECIMAL(38, 0))) AS DOUBLE) / NULLIF(COUNT("items"), 0) AS m_16,
  SUM(CAST("items" AS DECIMAL(38, 0))) AS m_17,
  COUNT("email") AS m_18,
  COUNT(*) FILTER(WHERE
    NOT "email" IS NULL AND (
      LENGTH("email") > 254
    )) AS m_19,
  COUNT(*) FILTER(WHERE
    NOT "email" IS NULL
    AND NOT REGEXP_LIKE("email", '(?i)\A(?:[0-9A-Za-z_.+-]+@(?:[a-z]+\.)+at)\z')) AS m_20,
  COUNT("placed") AS m_21,
  COUNT(*) FILTER(WHERE
    NOT "placed" IS NULL
    AND (
      "placed" < CAST('2020-01-01 00:00:00' AS TIMESTAMP(6))
    )) AS m_22,
  DATE_DIFF(
    'SECOND',
    CAST('1970-01-01 00:00:00.000000' AS TIMESTAMP(6)),
    DATE_TRUNC('SECOND', CAST(MAX("placed") AS TIMESTAMP(6)))
  ) * 1000000 + CAST(SUBSTR(CAST(CAST(MAX("placed") AS TIMESTAMP(6)) AS VARCHAR), -6) AS BIGINT) AS m_23,
  COUNT("birthday") AS m_24,
  COUNT(*) FILTER(WHERE
    NOT "birthday" IS NULL
    AND (
      CAST("birthday" AS TIMESTAMP(6)) > CAST('2026-01-01 00:00:00' AS TIMESTAMP(6))
    )) AS m_25,
  DATE_DIFF(
    'SECOND',
    CAST('1970-01-01 00:00:00.000000' AS TIMESTAMP(6)),
    DATE_TRUNC('SECOND', CAST(MIN(CAST("birthday" AS TIMESTAMP(6))) AS TIMESTAMP(6)))
  ) * 1000000 + CAST(SUBSTR(CAST(CAST(MIN(CAST("birthday" AS TIMESTAMP(6))) AS TIMESTAMP(6)) AS VARCHAR), -6) AS BIGINT) AS m_26,
  COUNT("odd ""name"" `here`") AS m_27,
  COUNT(*) FILTER(WHERE
    NOT "odd ""name"" `here`" IS NULL AND NOT "odd ""name"" `here`" IN (TRUE)) AS m_28,
  COUNT(*) FILTER(WHERE
    NOT "id" IS NULL AND NOT "country" IS NULL) AS m_29,
  COUNT(*) FILTER(WHERE
    (
      amount < 0
    )) AS m_30,
  COUNT(*) FILTER(WHERE
    NOT (
      COALESCE((
        amount > 0 OR country = 'AT'
      ), FALSE)
    )) AS m_31,
  COUNT("amount") FILTER(WHERE
    (
      country = 'AT'
    )) AS m_32,
  COUNT(*) FILTER(WHERE
    (
      country = 'AT'
    )
    AND NOT "amount" IS NULL
    AND (
      "amount" < 1 OR IS_NAN("amount")
    )) AS m_33,
  (
    SELECT
      MIN(v) + (
        MAX(v) - MIN(v)
      ) * MAX(
        (
          0.25 * CAST((
            n - 1
          ) AS DOUBLE)
        ) - FLOOR((
          0.25 * CAST((
            n - 1
          ) AS DOUBLE)
        ))
      )
    FROM (
      SELECT
        CASE WHEN (
          country = 'AT'
        ) THEN CAST("amount" AS DOUBLE) END AS v,
        ROW_NUMBER() OVER (ORDER BY CASE WHEN (
          country = 'AT'
        ) THEN CAST("amount" AS DOUBLE) END) - 1 AS r,
        COUNT(CASE WHEN (
          country = 'AT'
        ) THEN CAST("amount" AS DOUBLE) END) OVER () AS n
      FROM "shop"."public"."orders"
    ) AS ranked
    WHERE
      r IN (
        FLOOR((
          0.25 * CAST((
            n - 1
          ) AS DOUBLE)
        )),
        CEIL((
          0.25 * CAST((
            n - 1
          ) AS DOUBLE)
        ))
      )
      AND NOT v IS NULL
  ) AS m_34,
  COUNT(*) FILTER(WHERE
    (
      country = 'AT'
    ) AND NOT "amount" IS NULL AND IS_NAN("amount")) AS m_35
FROM "shop"."public"."orders";

SELECT
  COALESCE(SUM(n), 0)
FROM (
  SELECT
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "id" IS NULL
  GROUP BY
    "id"
  HAVING
    COUNT(*) > 1
) AS repeats;

SELECT
  COUNT(*)
FROM (
  SELECT
    "country" AS k_0
  FROM "shop"."public"."orders"
  WHERE
    NOT "country" IS NULL
) AS child
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM "shop"."countries" AS parent
    WHERE
      parent."code" = child.k_0
  );

SELECT
  COALESCE(SUM(n), 0)
FROM (
  SELECT
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "id" IS NULL AND NOT "country" IS NULL
  GROUP BY
    "id",
    "country"
  HAVING
    COUNT(*) > 1
) AS repeats;

-- Answered by the names and types of the columns:
--   id.exists
--   country.exists
--   amount.exists
--   items.exists
--   email.exists
--   placed.exists
--   birthday.exists
--   odd "name" `here`.exists
--   id.type
--   country.type
--   amount.type
--   items.type
--   email.type
--   placed.type
--   birthday.type
--   odd "name" `here`.type
