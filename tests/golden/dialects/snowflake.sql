-- orders 1 on shop.public.orders, for snowflake

SELECT
  COUNT(DISTINCT CASE WHEN NOT "id" IS NULL THEN "id" END) AS m_0,
  PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY
    CAST("amount" AS DOUBLE)) AS m_1,
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY
    CAST("amount" AS DOUBLE)) AS m_2,
  PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY
    CAST("amount" AS DOUBLE)) AS m_3,
  PERCENTILE_CONT(0.75) WITHIN GROUP (ORDER BY
    CAST("amount" AS DOUBLE)) AS m_4,
  COUNT(
    DISTINCT CASE WHEN NOT "id" IS NULL AND NOT "country" IS NULL THEN HASH("id", "country") END
  ) AS m_5,
  PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY
    CASE WHEN (
      country = 'AT'
    ) THEN CAST("amount" AS DOUBLE) END) AS m_6
FROM "shop"."public"."orders";

SELECT
  COUNT(*) AS m_0,
  COUNT("id") AS m_1,
  COUNT("country") AS m_2,
  COUNT(
    CASE
      WHEN (
        "country" IS NULL OR COLLATE("country", 'utf8') IN ('', 'n/a')
      )
      THEN 1
    END
  ) AS m_3,
  COUNT(
    CASE
      WHEN NOT "country" IS NULL AND REGEXP_LIKE("country", '([ \t\r\n]*)', 'c')
      THEN 1
    END
  ) AS m_4,
  COUNT(
    CASE
      WHEN NOT "country" IS NULL
      AND NOT COLLATE("country", 'utf8') IN ('AT', 'DE', 'it\'s', 'back\\slash', 'Österreich')
      THEN 1
    END
  ) AS m_5,
  COUNT(
    CASE WHEN NOT "country" IS NULL AND COLLATE("country", 'utf8') IN ('XX') THEN 1 END
  ) AS m_6,
  COUNT(
    CASE
      WHEN NOT "country" IS NULL
      AND NOT (
        COLLATE("country", 'utf8') < 'B' OR COLLATE("country", 'utf8') > 'C'
      )
      THEN 1
    END
  ) AS m_7,
  COUNT(
    CASE
      WHEN NOT "country" IS NULL AND (
        LENGTH("country") < 2 OR LENGTH("country") > 56
      )
      THEN 1
    END
  ) AS m_8,
  COUNT(
    CASE
      WHEN NOT "country" IS NULL
      AND NOT REGEXP_LIKE("country", '(A([^\n]|\n)([^\n]|\n)*)', 'c')
      THEN 1
    END
  ) AS m_9,
  COUNT(
    CASE
      WHEN NOT "country" IS NULL
      AND NOT REGEXP_LIKE("country", '(([^\n]|\n)*A([^\n]|\n)*)', 'c')
      THEN 1
    END
  ) AS m_10,
  COUNT("amount") AS m_11,
  COUNT(
    CASE
      WHEN NOT "amount" IS NULL AND (
        "amount" <= -0.5e0 OR "amount" > 150
      )
      THEN 1
    END
  ) AS m_12,
  MIN("amount") AS m_13,
  COUNT(CASE WHEN NOT "amount" IS NULL AND "amount" = CAST('NaN' AS DOUBLE) THEN 1 END) AS m_14,
  MAX("amount") AS m_15,
  AVG("amount") AS m_16,
  STDDEV(CAST("amount" AS DOUBLE)) AS m_17,
  SUM("amount") AS m_18,
  VARIANCE(CAST("amount" AS DOUBLE)) AS m_19,
  COUNT("items") AS m_20,
  CAST(SUM(CAST("items" AS DECIMAL(38, 0))) AS DOUBLE) / NULLIF(COUNT("items"), 0) AS m_21,
  SUM(CAST("items" AS DECIMAL(38, 0))) AS m_22,
  COUNT(CASE WHEN NOT "tax" IS NULL AND NOT "amount" IS NULL THEN 1 END) AS m_23,
  COUNT(
    CASE
      WHEN NOT "tax" IS NULL
      AND NOT "amount" IS NULL
      AND (
        "tax" > "amount"
        OR "tax" = CAST('NaN' AS DOUBLE)
        OR "amount" = CAST('NaN' AS DOUBLE)
      )
      THEN 1
    END
  ) AS m_24,
  COUNT("email") AS m_25,
  COUNT(
    CASE
      WHEN NOT "email" IS NULL
      AND NOT REGEXP_LIKE("email", '([0-9A-Za-z_.+-]+@([a-z]+\\.)+at)', 'i')
      THEN 1
    END
  ) AS m_26,
  COUNT(
    CASE
      WHEN NOT "email" IS NULL
      AND NOT (
        REGEXP_LIKE(
          "email",
          '([A-Za-z0-9!#$%\\&\'*+/=?^_`{|}\\~-]+(\\.[A-Za-z0-9!#$%\\&\'*+/=?^_`{|}\\~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+)',
          'c'
        )
      )
      THEN 1
    END
  ) AS m_27,
  COUNT("placed") AS m_28,
  COUNT(
    CASE
      WHEN NOT "placed" IS NULL
      AND (
        "placed" < CAST('2020-01-01 00:00:00' AS TIMESTAMPNTZ)
      )
      THEN 1
    END
  ) AS m_29,
  DATE_PART(EPOCH_MICROSECOND, MAX("placed")) AS m_30,
  COUNT(
    CASE
      WHEN NOT "placed" IS NULL AND "placed" > CAST('2026-03-02 12:05:00' AS TIMESTAMPNTZ)
      THEN 1
    END
  ) AS m_31,
  COUNT(
    CASE
      WHEN NOT "placed" IS NULL AND "placed" > CAST('2026-03-02 11:00:00' AS TIMESTAMPNTZ)
      THEN 1
    END
  ) AS m_32,
  COUNT("birthday") AS m_33,
  COUNT(
    CASE
      WHEN NOT "birthday" IS NULL
      AND (
        CAST("birthday" AS TIMESTAMPNTZ) > CAST('2026-01-01 00:00:00' AS TIMESTAMPNTZ)
      )
      THEN 1
    END
  ) AS m_34,
  DATE_PART(EPOCH_MICROSECOND, MIN(CAST("birthday" AS TIMESTAMPNTZ))) AS m_35,
  COUNT("odd ""name"" `here`") AS m_36,
  COUNT(
    CASE
      WHEN NOT "odd ""name"" `here`" IS NULL AND NOT "odd ""name"" `here`" IN (TRUE)
      THEN 1
    END
  ) AS m_37,
  COUNT(CASE WHEN NOT "id" IS NULL AND NOT "country" IS NULL THEN 1 END) AS m_38,
  COUNT(CASE WHEN NOT "country" IS NULL AND NOT "amount" IS NULL THEN 1 END) AS m_39,
  COUNT(CASE WHEN (
    "country" IS NULL AND "amount" IS NULL
  ) THEN 1 END) AS m_40,
  COUNT(
    CASE
      WHEN NOT "tax" IS NULL AND NOT "items" IS NULL AND NOT "amount" IS NULL
      THEN 1
    END
  ) AS m_41,
  COUNT(
    CASE
      WHEN NOT "tax" IS NULL
      AND NOT "items" IS NULL
      AND NOT "amount" IS NULL
      AND (
        NOT (
          COALESCE(
            ABS(
              (
                CAST("tax" AS DOUBLE) + CAST("items" AS DOUBLE)
              ) - (
                CAST("amount" AS DOUBLE)
              )
            ) <= 1e-06,
            FALSE
          )
        )
        OR "tax" = CAST('NaN' AS DOUBLE)
        OR "amount" = CAST('NaN' AS DOUBLE)
      )
      THEN 1
    END
  ) AS m_42,
  COUNT(CASE WHEN NOT "amount" IS NULL AND NOT "tax" IS NULL THEN 1 END) AS m_43,
  CORR(CAST("amount" AS DOUBLE), CAST("tax" AS DOUBLE)) AS m_44,
  COUNT(
    CASE
      WHEN NOT "amount" IS NULL
      AND NOT "tax" IS NULL
      AND (
        "amount" = CAST('NaN' AS DOUBLE) OR "tax" = CAST('NaN' AS DOUBLE)
      )
      THEN 1
    END
  ) AS m_45,
  COUNT(CASE WHEN NOT "country" IS NULL AND NOT "items" IS NULL THEN 1 END) AS m_46,
  COUNT(CASE WHEN (
    amount < 0
  ) THEN 1 END) AS m_47,
  COUNT(
    CASE
      WHEN NOT (
        COALESCE((
          amount > 0 OR country = 'AT'
        ), FALSE)
      )
      THEN 1
    END
  ) AS m_48,
  COUNT(CASE WHEN (
    country = 'AT'
  ) THEN "amount" END) AS m_49,
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
  ) AS m_50,
  COUNT(
    CASE
      WHEN (
        country = 'AT'
      ) AND NOT "amount" IS NULL AND "amount" = CAST('NaN' AS DOUBLE)
      THEN 1
    END
  ) AS m_51
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
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "items" IS NULL
  GROUP BY
    "items"
) AS keys
GROUP BY
  1;

SELECT
  COUNT("items") AS m_0,
  SUM(CAST("items" AS DECIMAL(38, 0))) AS m_1
FROM "shop"."ledger";

SELECT
  (
    times.since - times.since % 3600000000
  ) AS step,
  COUNT(*) AS n_rows
FROM (
  SELECT
    (
      DATE_PART(EPOCH_MICROSECOND, "placed") - 1772366400000000
    ) AS since
  FROM "shop"."public"."orders"
  WHERE
    NOT "placed" IS NULL
    AND "placed" >= CAST('2026-03-01 12:00:00' AS TIMESTAMPNTZ)
    AND "placed" < CAST('2026-03-02 12:00:00' AS TIMESTAMPNTZ)
) AS times
GROUP BY
  1;

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

SELECT
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "country" IS NULL AND NOT "items" IS NULL
  GROUP BY
    COLLATE("country", 'utf8')
) AS keys
GROUP BY
  1;

SELECT
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "country" IS NULL AND NOT "items" IS NULL
  GROUP BY
    "items"
) AS keys
GROUP BY
  1;

SELECT
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "country" IS NULL AND NOT "items" IS NULL
  GROUP BY
    COLLATE("country", 'utf8'),
    "items"
) AS keys
GROUP BY
  1;

SELECT
  COUNT(*) AS m_0
FROM "shop"."staging_orders";

SELECT
  COUNT(*)
FROM (
  SELECT
    "id" AS k_0
  FROM "shop"."public"."orders"
  WHERE
    NOT "id" IS NULL
) AS child
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM "shop"."ledger" AS parent
    WHERE
      parent."id" = child.k_0
  );

SELECT
  COUNT(*) AS n_rows
FROM "shop"."ledger"
WHERE
  NOT "id" IS NULL;

SELECT
  COUNT(*)
FROM (
  SELECT
    "id" AS k_0
  FROM "shop"."ledger"
  WHERE
    NOT "id" IS NULL
) AS child
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT
        "id" AS o_0
      FROM "shop"."public"."orders"
      WHERE
        NOT "id" IS NULL
    ) AS parent
    WHERE
      parent.o_0 = child.k_0
  );

SELECT
  COLLATE("country", 'utf8') AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(*) AS m_0,
  COUNT("email") AS m_1
FROM "shop"."public"."orders"
GROUP BY
  1
LIMIT 1001;

SELECT
  COLLATE("country", 'utf8') AS governance_g_0,
  "items" AS governance_g_1,
  COUNT(*) AS n_rows,
  COUNT("email") AS m_0,
  COUNT(DISTINCT CASE WHEN NOT "email" IS NULL THEN HASH("email") END) AS m_1
FROM "shop"."public"."orders"
GROUP BY
  1,
  2
LIMIT 1001;

SELECT
  governance_g_0,
  governance_g_1,
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COLLATE("country", 'utf8') AS governance_g_0,
    "items" AS governance_g_1,
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "email" IS NULL
  GROUP BY
    1,
    2,
    COLLATE("email", 'utf8')
) AS keys
GROUP BY
  1,
  2,
  3;

SELECT
  COLLATE("country", 'utf8') AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(CASE WHEN NOT "email" IS NULL AND NOT "items" IS NULL THEN 1 END) AS m_0
FROM "shop"."public"."orders"
GROUP BY
  1
LIMIT 1001;

SELECT
  governance_g_0,
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COLLATE("country", 'utf8') AS governance_g_0,
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "email" IS NULL AND NOT "items" IS NULL
  GROUP BY
    1,
    COLLATE("email", 'utf8')
) AS keys
GROUP BY
  1,
  2;

SELECT
  governance_g_0,
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COLLATE("country", 'utf8') AS governance_g_0,
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "email" IS NULL AND NOT "items" IS NULL
  GROUP BY
    1,
    "items"
) AS keys
GROUP BY
  1,
  2;

SELECT
  governance_g_0,
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COLLATE("country", 'utf8') AS governance_g_0,
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "email" IS NULL AND NOT "items" IS NULL
  GROUP BY
    1,
    COLLATE("email", 'utf8'),
    "items"
) AS keys
GROUP BY
  1,
  2;

SELECT
  COLLATE("country", 'utf8') AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT("amount") AS m_0,
  AVG("amount") AS m_1,
  STDDEV(CAST("amount" AS DOUBLE)) AS m_2,
  COUNT(CASE WHEN NOT "amount" IS NULL AND "amount" = CAST('NaN' AS DOUBLE) THEN 1 END) AS m_3
FROM "shop"."public"."orders"
GROUP BY
  1
LIMIT 1001;

SELECT
  numbers.governance_g_0,
  COUNT(*) AS n_0,
  COUNT(
    CASE
      WHEN (
        numbers.v < (
          fences.f_0 - (
            3.0 * fences.f_1
          )
        )
        OR numbers.v > (
          fences.f_0 + (
            3.0 * fences.f_1
          )
        )
      )
      THEN 1
    END
  ) AS n_1
FROM (
  SELECT
    COLLATE("country", 'utf8') AS governance_g_0,
    CAST("amount" AS DOUBLE) AS v
  FROM "shop"."public"."orders"
  WHERE
    NOT "amount" IS NULL
) AS numbers
JOIN (
  SELECT
    COLLATE("country", 'utf8') AS governance_g_0,
    CAST(AVG("amount") AS DOUBLE) AS f_0,
    CAST(STDDEV(CAST("amount" AS DOUBLE)) AS DOUBLE) AS f_1
  FROM "shop"."public"."orders"
  GROUP BY
    1
) AS fences
  ON numbers.governance_g_0 = fences.governance_g_0
GROUP BY
  1;

SELECT
  COLLATE("country", 'utf8') AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(CASE WHEN NOT "amount" IS NULL AND NOT "placed" IS NULL THEN 1 END) AS m_0,
  COUNT(
    CASE
      WHEN NOT "amount" IS NULL
      AND NOT "placed" IS NULL
      AND (
        "amount" = CAST('NaN' AS DOUBLE)
      )
      THEN 1
    END
  ) AS m_1
FROM "shop"."public"."orders"
GROUP BY
  1
LIMIT 1001;

SELECT
  governance_g_0,
  COUNT(CASE WHEN v < v_before THEN 1 END) AS n_back,
  COUNT(v_before) AS n_after,
  COUNT(CASE WHEN o_0 <> o_0_before THEN 1 END) AS n_steps
FROM (
  SELECT
    governance_g_0,
    v,
    o_0,
    LAG(v) OVER (PARTITION BY governance_g_0 ORDER BY o_0, v ASC) AS v_before,
    LAG(o_0) OVER (PARTITION BY governance_g_0 ORDER BY o_0, v ASC) AS o_0_before
  FROM (
    SELECT
      COLLATE("country", 'utf8') AS governance_g_0,
      "amount" AS v,
      "placed" AS o_0
    FROM "shop"."public"."orders"
    WHERE
      NOT "amount" IS NULL AND NOT "placed" IS NULL
  ) AS ordered
) AS pairs
GROUP BY
  governance_g_0;

SELECT
  COLLATE("country", 'utf8') AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT("placed") AS m_0
FROM "shop"."public"."orders"
GROUP BY
  1
LIMIT 1001;

SELECT
  governance_g_0,
  (
    times.since - times.since % 3600000000
  ) AS step,
  COUNT(*) AS n_rows
FROM (
  SELECT
    COLLATE("country", 'utf8') AS governance_g_0,
    (
      DATE_PART(EPOCH_MICROSECOND, "placed") - 1772366400000000
    ) AS since
  FROM "shop"."public"."orders"
  WHERE
    NOT "placed" IS NULL
    AND "placed" >= CAST('2026-03-01 12:00:00' AS TIMESTAMPNTZ)
    AND "placed" < CAST('2026-03-02 12:00:00' AS TIMESTAMPNTZ)
) AS times
GROUP BY
  1,
  2;

SELECT
  "items" AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT("country") AS m_0
FROM "shop"."public"."orders"
GROUP BY
  1
LIMIT 1001;

SELECT
  child.governance_g_0,
  COUNT(*) AS n_rows
FROM (
  SELECT
    "items" AS governance_g_0,
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
  )
GROUP BY
  child.governance_g_0;

SELECT
  COLLATE("country", 'utf8') AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(CASE WHEN NOT "email" IS NULL THEN 1 END) AS m_0
FROM "shop"."public"."orders"
GROUP BY
  1
LIMIT 1001;

SELECT
  CAST(COLLATE("email", 'utf8') AS VARCHAR) AS v,
  COUNT(*) AS n
FROM "shop"."ledger"
WHERE
  NOT "email" IS NULL
GROUP BY
  1
LIMIT 1001;

SELECT
  mine.governance_g_0,
  mine.n AS n_mine,
  theirs.n AS n_theirs
FROM (
  SELECT
    COLLATE("country", 'utf8') AS governance_g_0,
    CAST(COLLATE("email", 'utf8') AS VARCHAR) AS v,
    COUNT(*) AS n
  FROM "shop"."public"."orders"
  WHERE
    NOT "email" IS NULL
  GROUP BY
    1,
    2
) AS mine
LEFT JOIN (
  SELECT
    CAST(COLLATE("email", 'utf8') AS VARCHAR) AS v,
    COUNT(*) AS n
  FROM "shop"."ledger"
  WHERE
    NOT "email" IS NULL
  GROUP BY
    1
) AS theirs
  ON mine.v = theirs.v
LIMIT 200001;

-- Answered by the names and types of the columns:
--   id.exists
--   country.exists
--   amount.exists
--   items.exists
--   tax.exists
--   email.exists
--   placed.exists
--   birthday.exists
--   odd "name" `here`.exists
--   id.type
--   country.type
--   amount.type
--   items.type
--   tax.type
--   email.type
--   placed.type
--   birthday.type
--   odd "name" `here`.type
