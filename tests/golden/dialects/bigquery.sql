-- orders 1 on shop.public.orders, for bigquery

SELECT
  COUNT(DISTINCT CASE WHEN NOT `id` IS NULL THEN `id` END) AS m_0
FROM `shop`.`public`.`orders`;

SELECT
  COUNT(*) AS m_0,
  COUNT(`id`) AS m_1,
  COUNT(`country`) AS m_2,
  COUNT(
    CASE
      WHEN NOT `country` IS NULL
      AND NOT COLLATE(`country`, '') IN ('AT', 'DE', 'it\'s', 'back\\slash', 'Österreich')
      THEN 1
    END
  ) AS m_3,
  COUNT(CASE WHEN NOT `country` IS NULL AND COLLATE(`country`, '') IN ('XX') THEN 1 END) AS m_4,
  COUNT(
    CASE
      WHEN NOT `country` IS NULL
      AND (
        CHAR_LENGTH(`country`) < 2 OR CHAR_LENGTH(`country`) > 56
      )
      THEN 1
    END
  ) AS m_5,
  COUNT(`amount`) AS m_6,
  COUNT(
    CASE
      WHEN NOT `amount` IS NULL
      AND (
        `amount` <= -0.5 OR `amount` > 150 OR IS_NAN(`amount`)
      )
      THEN 1
    END
  ) AS m_7,
  MIN(`amount`) AS m_8,
  COUNT(CASE WHEN NOT `amount` IS NULL AND IS_NAN(`amount`) THEN 1 END) AS m_9,
  MAX(`amount`) AS m_10,
  AVG(`amount`) AS m_11,
  STDDEV_SAMP(CAST(`amount` AS FLOAT64)) AS m_12,
  SUM(`amount`) AS m_13,
  (
    SELECT
      PERCENTILE_CONT(CAST(`amount` AS FLOAT64), 0.9) OVER ()
    FROM `shop`.`public`.`orders`
    LIMIT 1
  ) AS m_14,
  COUNT(`items`) AS m_15,
  CAST(SUM(CAST(`items` AS BIGNUMERIC)) AS FLOAT64) / NULLIF(COUNT(`items`), 0) AS m_16,
  SUM(CAST(`items` AS BIGNUMERIC)) AS m_17,
  COUNT(`email`) AS m_18,
  COUNT(CASE WHEN NOT `email` IS NULL AND (
    CHAR_LENGTH(`email`) > 254
  ) THEN 1 END) AS m_19,
  COUNT(
    CASE
      WHEN NOT `email` IS NULL
      AND NOT REGEXP_CONTAINS(`email`, '\\A(?:(?i)[\\w.+-]+@(?P<host>[a-z]+\\.)+at$)\\z')
      THEN 1
    END
  ) AS m_20,
  COUNT(`placed`) AS m_21,
  COUNT(
    CASE
      WHEN NOT `placed` IS NULL AND (
        `placed` < CAST('2020-01-01 00:00:00' AS DATETIME)
      )
      THEN 1
    END
  ) AS m_22,
  UNIX_MICROS(CAST(MAX(`placed`) AS TIMESTAMP)) AS m_23,
  COUNT(`birthday`) AS m_24,
  COUNT(
    CASE
      WHEN NOT `birthday` IS NULL
      AND (
        CAST(`birthday` AS DATETIME) > CAST('2026-01-01 00:00:00' AS DATETIME)
      )
      THEN 1
    END
  ) AS m_25,
  UNIX_MICROS(CAST(MIN(CAST(`birthday` AS DATETIME)) AS TIMESTAMP)) AS m_26,
  COUNT(`odd "name" \`here\``) AS m_27,
  COUNT(
    CASE
      WHEN NOT `odd "name" \`here\`` IS NULL AND NOT `odd "name" \`here\`` IN (TRUE)
      THEN 1
    END
  ) AS m_28,
  COUNT(CASE WHEN NOT `id` IS NULL AND NOT `country` IS NULL THEN 1 END) AS m_29,
  COUNT(CASE WHEN (
    amount < 0
  ) THEN 1 END) AS m_30,
  COUNT(
    CASE
      WHEN NOT (
        COALESCE((
          amount > 0 OR country = 'AT'
        ), FALSE)
      )
      THEN 1
    END
  ) AS m_31,
  COUNT(CASE WHEN (
    country = 'AT'
  ) THEN `amount` END) AS m_32,
  COUNT(
    CASE
      WHEN (
        country = 'AT'
      )
      AND NOT `amount` IS NULL
      AND (
        `amount` < 1 OR IS_NAN(`amount`)
      )
      THEN 1
    END
  ) AS m_33,
  (
    SELECT
      PERCENTILE_CONT(CASE WHEN (
        country = 'AT'
      ) THEN CAST(`amount` AS FLOAT64) END, 0.25) OVER ()
    FROM `shop`.`public`.`orders`
    LIMIT 1
  ) AS m_34,
  COUNT(
    CASE
      WHEN (
        country = 'AT'
      ) AND NOT `amount` IS NULL AND IS_NAN(`amount`)
      THEN 1
    END
  ) AS m_35
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
    COLLATE(`country`, '')
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
