-- orders 1 on shop.public.orders, for snowflake

SELECT
  COUNT(DISTINCT CASE WHEN NOT "id" IS NULL THEN "id" END) AS m_0,
  PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY
    CAST("amount" AS DOUBLE)) AS m_1,
  COUNT(
    DISTINCT CASE WHEN NOT "id" IS NULL AND NOT "country" IS NULL THEN HASH("id", "country") END
  ) AS m_2,
  PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY
    CASE WHEN (
      country = 'AT'
    ) THEN CAST("amount" AS DOUBLE) END) AS m_3
FROM "shop"."public"."orders";

SELECT
  COUNT(*) AS m_0,
  COUNT("id") AS m_1,
  COUNT("country") AS m_2,
  COUNT(
    CASE
      WHEN NOT "country" IS NULL
      AND NOT COLLATE("country", 'utf8') IN ('AT', 'DE', 'it\'s', 'back\\slash', 'Österreich')
      THEN 1
    END
  ) AS m_3,
  COUNT(
    CASE WHEN NOT "country" IS NULL AND COLLATE("country", 'utf8') IN ('XX') THEN 1 END
  ) AS m_4,
  COUNT(
    CASE
      WHEN NOT "country" IS NULL AND (
        LENGTH("country") < 2 OR LENGTH("country") > 56
      )
      THEN 1
    END
  ) AS m_5,
  COUNT("amount") AS m_6,
  COUNT(
    CASE
      WHEN NOT "amount" IS NULL AND (
        "amount" <= -0.5e0 OR "amount" > 150
      )
      THEN 1
    END
  ) AS m_7,
  MIN("amount") AS m_8,
  COUNT(CASE WHEN NOT "amount" IS NULL AND "amount" = CAST('NaN' AS DOUBLE) THEN 1 END) AS m_9,
  MAX("amount") AS m_10,
  AVG("amount") AS m_11,
  STDDEV(CAST("amount" AS DOUBLE)) AS m_12,
  SUM("amount") AS m_13,
  COUNT("items") AS m_14,
  CAST(SUM(CAST("items" AS DECIMAL(38, 0))) AS DOUBLE) / NULLIF(COUNT("items"), 0) AS m_15,
  SUM(CAST("items" AS DECIMAL(38, 0))) AS m_16,
  COUNT("email") AS m_17,
  COUNT(CASE WHEN NOT "email" IS NULL AND (
    LENGTH("email") > 254
  ) THEN 1 END) AS m_18,
  COUNT(
    CASE
      WHEN NOT "email" IS NULL
      AND NOT REGEXP_LIKE("email", '([0-9A-Za-z_.+-]+@([a-z]+\\.)+at)', 'i')
      THEN 1
    END
  ) AS m_19,
  COUNT("placed") AS m_20,
  COUNT(
    CASE
      WHEN NOT "placed" IS NULL
      AND (
        "placed" < CAST('2020-01-01 00:00:00' AS TIMESTAMPNTZ)
      )
      THEN 1
    END
  ) AS m_21,
  DATE_PART(EPOCH_MICROSECOND, MAX("placed")) AS m_22,
  COUNT("birthday") AS m_23,
  COUNT(
    CASE
      WHEN NOT "birthday" IS NULL
      AND (
        CAST("birthday" AS TIMESTAMPNTZ) > CAST('2026-01-01 00:00:00' AS TIMESTAMPNTZ)
      )
      THEN 1
    END
  ) AS m_24,
  DATE_PART(EPOCH_MICROSECOND, MIN(CAST("birthday" AS TIMESTAMPNTZ))) AS m_25,
  COUNT("odd ""name"" `here`") AS m_26,
  COUNT(
    CASE
      WHEN NOT "odd ""name"" `here`" IS NULL AND NOT "odd ""name"" `here`" IN (TRUE)
      THEN 1
    END
  ) AS m_27,
  COUNT(CASE WHEN NOT "id" IS NULL AND NOT "country" IS NULL THEN 1 END) AS m_28,
  COUNT(CASE WHEN (
    amount < 0
  ) THEN 1 END) AS m_29,
  COUNT(
    CASE
      WHEN NOT (
        COALESCE((
          amount > 0 OR country = 'AT'
        ), FALSE)
      )
      THEN 1
    END
  ) AS m_30,
  COUNT(CASE WHEN (
    country = 'AT'
  ) THEN "amount" END) AS m_31,
  COUNT(
    CASE
      WHEN (
        country = 'AT'
      )
      AND NOT "amount" IS NULL
      AND (
        "amount" < 1 OR "amount" = CAST('NaN' AS DOUBLE)
      )
      THEN 1
    END
  ) AS m_32,
  COUNT(
    CASE
      WHEN (
        country = 'AT'
      ) AND NOT "amount" IS NULL AND "amount" = CAST('NaN' AS DOUBLE)
      THEN 1
    END
  ) AS m_33
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
    COLLATE("country", 'utf8')
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
