-- orders 1 on shop.public.orders, for databricks
SET TIME ZONE 'UTC';

SELECT
  COUNT(DISTINCT `id`) FILTER(WHERE
    NOT `id` IS NULL) AS m_0,
  PERCENTILE(CAST(`amount` AS DOUBLE), 0.9) AS m_1,
  COUNT(DISTINCT XXHASH64(`id`, `country`)) FILTER(WHERE
    NOT `id` IS NULL AND NOT `country` IS NULL) AS m_2,
  PERCENTILE(CASE WHEN (
    country = 'AT'
  ) THEN CAST(`amount` AS DOUBLE) END, 0.25) AS m_3
FROM `shop`.`public`.`orders`;

SELECT
  COUNT(*) AS m_0,
  COUNT(`id`) AS m_1,
  COUNT(`country`) AS m_2,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL
    AND NOT `country` IN ('AT', 'DE', 'it\'s', 'back\\slash', 'Österreich')) AS m_3,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL AND `country` IN ('XX')) AS m_4,
  COUNT(*) FILTER(WHERE
    NOT `country` IS NULL AND (
      LENGTH(`country`) < 2 OR LENGTH(`country`) > 56
    )) AS m_5,
  COUNT(`amount`) AS m_6,
  COUNT(*) FILTER(WHERE
    NOT `amount` IS NULL AND (
      `amount` <= -0.5e0 OR `amount` > 150
    )) AS m_7,
  MIN(`amount`) AS m_8,
  COUNT(*) FILTER(WHERE
    NOT `amount` IS NULL AND ISNAN(`amount`)) AS m_9,
  MAX(`amount`) AS m_10,
  AVG(`amount`) AS m_11,
  STDDEV_SAMP(CAST(`amount` AS DOUBLE)) AS m_12,
  SUM(`amount`) AS m_13,
  COUNT(`items`) AS m_14,
  CAST(SUM(CAST(`items` AS DECIMAL(38, 0))) AS DOUBLE) / NULLIF(COUNT(`items`), 0) AS m_15,
  SUM(CAST(`items` AS DECIMAL(38, 0))) AS m_16,
  COUNT(`email`) AS m_17,
  COUNT(*) FILTER(WHERE
    NOT `email` IS NULL AND (
      LENGTH(`email`) > 254
    )) AS m_18,
  COUNT(*) FILTER(WHERE
    NOT `email` IS NULL
    AND NOT (
      REGEXP_LIKE(`email`, '(?iu)\\A(?:[0-9A-Za-z_.+-]+@(?:[a-z]+\\.)+at)\\z')
    )) AS m_19,
  COUNT(`placed`) AS m_20,
  COUNT(*) FILTER(WHERE
    NOT `placed` IS NULL
    AND (
      `placed` < CAST('2020-01-01 00:00:00' AS TIMESTAMP_NTZ)
    )) AS m_21,
  UNIX_MICROS(CAST(MAX(`placed`) AS TIMESTAMP)) AS m_22,
  COUNT(`birthday`) AS m_23,
  COUNT(*) FILTER(WHERE
    NOT `birthday` IS NULL
    AND (
      CAST(`birthday` AS TIMESTAMP_NTZ) > CAST('2026-01-01 00:00:00' AS TIMESTAMP_NTZ)
    )) AS m_24,
  UNIX_MICROS(CAST(MIN(CAST(`birthday` AS TIMESTAMP_NTZ)) AS TIMESTAMP)) AS m_25,
  COUNT(`odd "name" ``here```) AS m_26,
  COUNT(*) FILTER(WHERE
    NOT `odd "name" ``here``` IS NULL AND NOT `odd "name" ``here``` IN (TRUE)) AS m_27,
  COUNT(*) FILTER(WHERE
    NOT `id` IS NULL AND NOT `country` IS NULL) AS m_28,
  COUNT(*) FILTER(WHERE
    (
      amount < 0
    )) AS m_29,
  COUNT(*) FILTER(WHERE
    NOT (
      COALESCE((
        amount > 0 OR country = 'AT'
      ), FALSE)
    )) AS m_30,
  COUNT(`amount`) FILTER(WHERE
    (
      country = 'AT'
    )) AS m_31,
  COUNT(*) FILTER(WHERE
    (
      country = 'AT'
    )
    AND NOT `amount` IS NULL
    AND (
      `amount` < 1 OR ISNAN(`amount`)
    )) AS m_32,
  COUNT(*) FILTER(WHERE
    (
      country = 'AT'
    ) AND NOT `amount` IS NULL AND ISNAN(`amount`)) AS m_33
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
