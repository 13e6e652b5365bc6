-- orders 1 on shop.public.orders, for spark
SET TIME ZONE 'UTC';

SELECT
  COUNT(DISTINCT `id`) FILTER(WHERE
    NOT `id` IS NULL) AS m_0,
  PERCENTILE(CAST(`amount` AS DOUBLE), 0.9) AS m_1,
  PERCENTILE(CAST(`amount` AS DOUBLE), 0.5) AS m_2,
  PERCENTILE(CAST(`amount` AS DOUBLE), 0.25) AS m_3,
  PERCENTILE(CAST(`amount` AS DOUBLE), 0.75) AS m_4,
  COUNT(DISTINCT XXHASH64(`id`, `country`)) FILTER(WHERE
    NOT `id` IS NULL AND NOT `country` IS NULL) AS m_5,
  PERCENTILE(CASE WHEN (
    country = 'AT'
  ) THEN CAST(`amount` AS DOUBLE) END, 0.25) AS m_6
FROM `shop`.`public`.`orders`;

SELECT
  COUNT(*) AS m_0,
  COUNT(`id`) AS m_1,
  COUNT(`country`) AS m_2,
  COUNT(*) FILTER(WHERE
    (
      `country` IS NULL OR `country` IN ('', 'n/a')
    )) AS m_3,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL AND (
      `country` RLIKE '\\A(?:[ \t\r\n]*)\\z'
    )) AS m_4,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL
    AND NOT `country` IN ('AT', 'DE', 'it\'s', 'back\\slash', 'Österreich')) AS m_5,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL AND `country` IN ('XX')) AS m_6,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL AND NOT (
      `country` < 'B' OR `country` > 'C'
    )) AS m_7,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL AND (
      LENGTH(`country`) < 2 OR LENGTH(`country`) > 56
    )) AS m_8,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL
    AND NOT (
      `country` RLIKE '\\A(?:A(?:[^\n]|\n)(?:[^\n]|\n)*)\\z'
    )) AS m_9,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL
    AND NOT (
      `country` RLIKE '\\A(?:(?:[^\n]|\n)*A(?:[^\n]|\n)*)\\z'
    )) AS m_10,
  COUNT(`amount`) AS m_11,
  COUNT(*) FILTER(WHERE
    NOT `amount` IS NULL AND (
      `amount` <= -0.5e0 OR `amount` > 150
    )) AS m_12,
  MIN(`amount`) AS m_13,
  COUNT(*) FILTER(WHERE
    NOT `amount` IS NULL AND ISNAN(`amount`)) AS m_14,
  MAX(`amount`) AS m_15,
  AVG(`amount`) AS m_16,
  STDDEV_SAMP(CAST(`amount` AS DOUBLE)) AS m_17,
  SUM(`amount`) AS m_18,
  VARIANCE(CAST(`amount` AS DOUBLE)) AS m_19,
  COUNT(`items`) AS m_20,
  CAST(SUM(CAST(`items` AS DECIMAL(38, 0))) AS DOUBLE) / NULLIF(COUNT(`items`), 0) AS m_21,
  SUM(CAST(`items` AS DECIMAL(38, 0))) AS m_22,
  COUNT(*) FILTER(WHERE
    NOT `tax` IS NULL AND NOT `amount` IS NULL) AS m_23,
  COUNT(*) FILTER(WHERE
    NOT `tax` IS NULL
    AND NOT `amount` IS NULL
    AND (
      `tax` > `amount` OR ISNAN(`tax`) OR ISNAN(`amount`)
    )) AS m_24,
  COUNT(`email`) AS m_25,
  COUNT(*) FILTER(WHERE
    NOT `email` IS NULL
    AND NOT (
      `email` RLIKE '(?iu)\\A(?:[0-9A-Za-z_.+-]+@(?:[a-z]+\\.)+at)\\z'
    )) AS m_26,
  COUNT(*) FILTER(WHERE
    NOT `email` IS NULL
    AND NOT (
      (
        `email` RLIKE '\\A(?:[A-Za-z0-9!#$%\\&\'*+/=?^_`{|}\\~-]+(?:\\.[A-Za-z0-9!#$%\\&\'*+/=?^_`{|}\\~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+)\\z'
      )
    )) AS m_27,
  COUNT(`placed`) AS m_28,
  COUNT(*) FILTER(WHERE
    NOT `placed` IS NULL
    AND (
      `placed` < CAST('2020-01-01 00:00:00' AS TIMESTAMP_NTZ)
    )) AS m_29,
  UNIX_MICROS(CAST(MAX(`placed`) AS TIMESTAMP)) AS m_30,
  COUNT(*) FILTER(WHERE
    NOT `placed` IS NULL AND `placed` > CAST('2026-03-02 12:05:00' AS TIMESTAMP_NTZ)) AS m_31,
  COUNT(*) FILTER(WHERE
    NOT `placed` IS NULL AND `placed` > CAST('2026-03-02 11:00:00' AS TIMESTAMP_NTZ)) AS m_32,
  COUNT(`birthday`) AS m_33,
  COUNT(*) FILTER(WHERE
    NOT `birthday` IS NULL
    AND (
      CAST(`birthday` AS TIMESTAMP_NTZ) > CAST('2026-01-01 00:00:00' AS TIMESTAMP_NTZ)
    )) AS m_34,
  UNIX_MICROS(CAST(MIN(CAST(`birthday` AS TIMESTAMP_NTZ)) AS TIMESTAMP)) AS m_35,
  COUNT(`odd "name" ``here```) AS m_36,
  COUNT(*) FILTER(WHERE
    NOT `odd "name" ``here``` IS NULL AND NOT `odd "name" ``here``` IN (TRUE)) AS m_37,
  COUNT(*) FILTER(WHERE
    NOT `id` IS NULL AND NOT `country` IS NULL) AS m_38,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL AND NOT `amount` IS NULL) AS m_39,
  COUNT(*) FILTER(WHERE
    (
      `country` IS NULL AND `amount` IS NULL
    )) AS m_40,
  COUNT(*) FILTER(WHERE
    NOT `tax` IS NULL AND NOT `items` IS NULL AND NOT `amount` IS NULL) AS m_41,
  COUNT(*) FILTER(WHERE
    NOT `tax` IS NULL
    AND NOT `items` IS NULL
    AND NOT `amount` IS NULL
    AND (
      NOT (
        COALESCE(
          ABS(
            (
              CAST(`tax` AS DOUBLE) + CAST(`items` AS DOUBLE)
            ) - (
              CAST(`amount` AS DOUBLE)
            )
          ) <= 1e-06,
          FALSE
        )
      )
      OR ISNAN(`tax`)
      OR ISNAN(`amount`)
    )) AS m_42,
  COUNT(*) FILTER(WHERE
    NOT `amount` IS NULL AND NOT `tax` IS NULL) AS m_43,
  CORR(CAST(`amount` AS DOUBLE), CAST(`tax` AS DOUBLE)) AS m_44,
  COUNT(*) FILTER(WHERE
    NOT `amount` IS NULL
    AND NOT `tax` IS NULL
    AND (
      ISNAN(`amount`) OR ISNAN(`tax`)
    )) AS m_45,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL AND NOT `items` IS NULL) AS m_46,
  COUNT(*) FILTER(WHERE
    (
      amount < 0
    )) AS m_47,
  COUNT(*) FILTER(WHERE
    NOT (
      COALESCE((
        amount > 0 OR country = 'AT'
      ), FALSE)
    )) AS m_48,
  COUNT(`amount`) FILTER(WHERE
    (
      country = 'AT'
    )) AS m_49,
  COUNT(*) FILTER(WHERE
    (
      country = 'AT'
    )
    AND NOT `amount` IS NULL
    AND (
      `amount` < 1 OR ISNAN(`amount`)
    )) AS m_50,
  COUNT(*) FILTER(WHERE
    (
      country = 'AT'
    ) AND NOT `amount` IS NULL AND ISNAN(`amount`)) AS m_51
FROM `shop`.`public`.`orders`;

SELECT
  COALESCE(SUM(n), 0)
FROM (
  SELECT
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `id` IS NULL
  GROUP BY
    `id`
  HAVING
    COUNT(*) > 1
) AS repeats;

SELECT
  COUNT(*)
FROM (
  SELECT
    `country` AS k_0
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `country` IS NULL
) AS child
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM `shop`.`countries` AS parent
    WHERE
      parent.`code` = child.k_0
  );

SELECT
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `items` IS NULL
  GROUP BY
    `items`
) AS keys
GROUP BY
  1;

SELECT
  COUNT(`items`) AS m_0,
  SUM(CAST(`items` AS DECIMAL(38, 0))) AS m_1
FROM `shop`.`ledger`;

SELECT
  (
    times.since - times.since % 3600000000
  ) AS step,
  COUNT(*) AS n_rows
FROM (
  SELECT
    (
      UNIX_MICROS(CAST(`placed` AS TIMESTAMP)) - 1772366400000000
    ) AS since
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `placed` IS NULL
    AND `placed` >= CAST('2026-03-01 12:00:00' AS TIMESTAMP_NTZ)
    AND `placed` < CAST('2026-03-02 12:00:00' AS TIMESTAMP_NTZ)
) AS times
GROUP BY
  1;

SELECT
  COALESCE(SUM(n), 0)
FROM (
  SELECT
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `id` IS NULL AND NOT `country` IS NULL
  GROUP BY
    `id`,
    `country`
  HAVING
    COUNT(*) > 1
) AS repeats;

SELECT
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `country` IS NULL AND NOT `items` IS NULL
  GROUP BY
    `country`
) AS keys
GROUP BY
  1;

SELECT
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `country` IS NULL AND NOT `items` IS NULL
  GROUP BY
    `items`
) AS keys
GROUP BY
  1;

SELECT
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `country` IS NULL AND NOT `items` IS NULL
  GROUP BY
    `country`,
    `items`
) AS keys
GROUP BY
  1;

SELECT
  COUNT(*) AS m_0
FROM `shop`.`staging_orders`;

SELECT
  COUNT(*)
FROM (
  SELECT
    `id` AS k_0
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `id` IS NULL
) AS child
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM `shop`.`ledger` AS parent
    WHERE
      parent.`id` = child.k_0
  );

SELECT
  COUNT(*) AS n_rows
FROM `shop`.`ledger`
WHERE
  NOT `id` IS NULL;

SELECT
  COUNT(*)
FROM (
  SELECT
    `id` AS k_0
  FROM `shop`.`ledger`
  WHERE
    NOT `id` IS NULL
) AS child
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT
        `id` AS o_0
      FROM `shop`.`public`.`orders`
      WHERE
        NOT `id` IS NULL
    ) AS parent
    WHERE
      parent.o_0 = child.k_0
  );

SELECT
  `country` AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(*) AS m_0,
  COUNT(`email`) AS m_1
FROM `shop`.`public`.`orders`
GROUP BY
  1
LIMIT 1001;

SELECT
  `country` AS governance_g_0,
  `items` AS governance_g_1,
  COUNT(*) AS n_rows,
  COUNT(`email`) AS m_0,
  COUNT(DISTINCT XXHASH64(`email`)) FILTER(WHERE
    NOT `email` IS NULL) AS m_1
FROM `shop`.`public`.`orders`
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
    `country` AS governance_g_0,
    `items` AS governance_g_1,
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `email` IS NULL
  GROUP BY
    1,
    2,
    `email`
) AS keys
GROUP BY
  1,
  2,
  3;

SELECT
  `country` AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(*) FILTER(WHERE
    NOT `email` IS NULL AND NOT `items` IS NULL) AS m_0
FROM `shop`.`public`.`orders`
GROUP BY
  1
LIMIT 1001;

SELECT
  governance_g_0,
  n,
  COUNT(*) AS n_keys
FROM (
  SELECT
    `country` AS governance_g_0,
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `email` IS NULL AND NOT `items` IS NULL
  GROUP BY
    1,
    `email`
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
    `country` AS governance_g_0,
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `email` IS NULL AND NOT `items` IS NULL
  GROUP BY
    1,
    `items`
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
    `country` AS governance_g_0,
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `email` IS NULL AND NOT `items` IS NULL
  GROUP BY
    1,
    `email`,
    `items`
) AS keys
GROUP BY
  1,
  2;

SELECT
  `country` AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(`amount`) AS m_0,
  AVG(`amount`) AS m_1,
  STDDEV_SAMP(CAST(`amount` AS DOUBLE)) AS m_2,
  COUNT(*) FILTER(WHERE
    NOT `amount` IS NULL AND ISNAN(`amount`)) AS m_3
FROM `shop`.`public`.`orders`
GROUP BY
  1
LIMIT 1001;

SELECT
  numbers.governance_g_0,
  COUNT(*) AS n_0,
  COUNT(*) FILTER(WHERE
    (
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
    )) AS n_1
FROM (
  SELECT
    `country` AS governance_g_0,
    CAST(`amount` AS DOUBLE) AS v
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `amount` IS NULL
) AS numbers
JOIN (
  SELECT
    `country` AS governance_g_0,
    CAST(AVG(`amount`) AS DOUBLE) AS f_0,
    CAST(STDDEV_SAMP(CAST(`amount` AS DOUBLE)) AS DOUBLE) AS f_1
  FROM `shop`.`public`.`orders`
  GROUP BY
    1
) AS fences
  ON numbers.governance_g_0 = fences.governance_g_0
GROUP BY
  1;

SELECT
  `country` AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(*) FILTER(WHERE
    NOT `amount` IS NULL AND NOT `placed` IS NULL) AS m_0,
  COUNT(*) FILTER(WHERE
    NOT `amount` IS NULL AND NOT `placed` IS NULL AND (
      ISNAN(`amount`)
    )) AS m_1
FROM `shop`.`public`.`orders`
GROUP BY
  1
LIMIT 1001;

SELECT
  governance_g_0,
  COUNT(*) FILTER(WHERE
    v < v_before) AS n_back,
  COUNT(v_before) AS n_after,
  COUNT(*) FILTER(WHERE
    o_0 <> o_0_before) AS n_steps
FROM (
  SELECT
    governance_g_0,
    v,
    o_0,
    LAG(v) OVER (PARTITION BY governance_g_0 ORDER BY o_0 NULLS LAST, v ASC NULLS LAST) AS v_before,
    LAG(o_0) OVER (PARTITION BY governance_g_0 ORDER BY o_0 NULLS LAST, v ASC NULLS LAST) AS o_0_before
  FROM (
    SELECT
      `country` AS governance_g_0,
      `amount` AS v,
      `placed` AS o_0
    FROM `shop`.`public`.`orders`
    WHERE
      NOT `amount` IS NULL AND NOT `placed` IS NULL
  ) AS ordered
) AS pairs
GROUP BY
  governance_g_0;

SELECT
  `country` AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(`placed`) AS m_0
FROM `shop`.`public`.`orders`
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
    `country` AS governance_g_0,
    (
      UNIX_MICROS(CAST(`placed` AS TIMESTAMP)) - 1772366400000000
    ) AS since
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `placed` IS NULL
    AND `placed` >= CAST('2026-03-01 12:00:00' AS TIMESTAMP_NTZ)
    AND `placed` < CAST('2026-03-02 12:00:00' AS TIMESTAMP_NTZ)
) AS times
GROUP BY
  1,
  2;

SELECT
  `items` AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(`country`) AS m_0
FROM `shop`.`public`.`orders`
GROUP BY
  1
LIMIT 1001;

SELECT
  child.governance_g_0,
  COUNT(*) AS n_rows
FROM (
  SELECT
    `items` AS governance_g_0,
    `country` AS k_0
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `country` IS NULL
) AS child
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM `shop`.`countries` AS parent
    WHERE
      parent.`code` = child.k_0
  )
GROUP BY
  child.governance_g_0;

SELECT
  `country` AS governance_g_0,
  COUNT(*) AS n_rows,
  COUNT(*) FILTER(WHERE
    NOT `email` IS NULL) AS m_0
FROM `shop`.`public`.`orders`
GROUP BY
  1
LIMIT 1001;

SELECT
  CAST(`email` AS STRING) AS v,
  COUNT(*) AS n
FROM `shop`.`ledger`
WHERE
  NOT `email` IS NULL
GROUP BY
  1
LIMIT 1001;

SELECT
  mine.governance_g_0,
  mine.n AS n_mine,
  theirs.n AS n_theirs
FROM (
  SELECT
    `country` AS governance_g_0,
    CAST(`email` AS STRING) AS v,
    COUNT(*) AS n
  FROM `shop`.`public`.`orders`
  WHERE
    NOT `email` IS NULL
  GROUP BY
    1,
    2
) AS mine
LEFT JOIN (
  SELECT
    CAST(`email` AS STRING) AS v,
    COUNT(*) AS n
  FROM `shop`.`ledger`
  WHERE
    NOT `email` IS NULL
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
