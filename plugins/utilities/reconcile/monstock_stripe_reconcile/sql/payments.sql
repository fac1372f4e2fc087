-- Stripe's snapshots, read once: what each comes to, what it says of its order, which ids it has.
--
-- What a payment comes to is the core's to say. A plain one (a PaymentIntent without disputes and
-- next action; its refunds are told in short) is asked for by its proportions: all amounts divided
-- by their greatest common divisor, times replaced by 1, 2, 3. What it says of its order is asked
-- for with the references numbered by where they stand. So each distinct case is asked once; the
-- rest is asked one by one.
CREATE TABLE staging.parts AS
WITH opened AS (
    SELECT
        id, object, account_id, own_account, livemode, created, version,
        from_json(payment_intent, '{
            "amount": "BIGINT", "amount_received": "BIGINT", "amount_capturable": "BIGINT",
            "created": "BIGINT", "currency": "VARCHAR", "status": "VARCHAR", "customer": "JSON",
            "last_payment_error": "JSON", "next_action": "JSON",
            "payment_method_types": ["VARCHAR"],
            "metadata": {"monstock_order_id": "VARCHAR", "monstock_order_number": "VARCHAR",
                "monstock_tenant": "VARCHAR", "monstock_link_rule": "VARCHAR"},
            "payment_details": {"order_reference": "VARCHAR"}}') AS intent,
        from_json(charge, '{
            "id": "VARCHAR", "created": "BIGINT", "balance_transaction": "JSON",
            "payment_method_details": {"type": "VARCHAR"},
            "metadata": {"monstock_order_id": "VARCHAR", "monstock_order_number": "VARCHAR",
                "monstock_tenant": "VARCHAR", "monstock_link_rule": "VARCHAR"}}') AS charge,
        CAST(refunds AS VARCHAR) AS refunds_text,
        CASE WHEN refunds_text <> '[]' THEN from_json(refunds_text, '[{"id": "VARCHAR",
            "created": "BIGINT", "amount": "JSON", "status": "VARCHAR",
            "balance_transaction": "JSON"}]') END AS refunds,
        CAST(disputes AS VARCHAR) AS disputes_text,
        CAST(checkout_sessions AS VARCHAR) AS sessions_text, CAST(invoices AS VARCHAR) AS invoices_text,
        CAST(payment_intent AS VARCHAR) AS intent_text, CAST(charge AS VARCHAR) AS charge_text
    FROM source.payments
),
typed AS (
    SELECT
        *,
        from_json(CASE WHEN json_type(charge.balance_transaction) = 'OBJECT'
            THEN charge.balance_transaction END, '{
            "created": "BIGINT", "currency": "VARCHAR", "fee": "BIGINT", "net": "BIGINT"}')
            AS balance,
        [intent.metadata.monstock_order_id, intent.metadata.monstock_order_number,
            charge.metadata.monstock_order_id, charge.metadata.monstock_order_number,
            intent.payment_details.order_reference] AS named,
        (coalesce(refunds_text, '[]') = '[]' OR coalesce(len(refunds) = len(list_filter(refunds,
                lambda one: one.created IS NOT NULL
                    AND regexp_full_match(CAST(one.amount AS VARCHAR), '[0-9]{1,18}')
                    AND regexp_full_match(one.status, '[a-z_]+'))), false))
            AND coalesce(disputes_text, '[]') = '[]'
            AND object = 'payment_intent'
            AND intent.amount > 0
            AND intent.amount_received IS NOT NULL
            AND intent.amount_capturable IS NOT NULL
            AND intent.created IS NOT NULL
            AND coalesce(list_contains(getvariable('plain_currencies'), intent.currency), false)
            AND coalesce(json_type(intent.next_action), 'NULL') = 'NULL'
            AND coalesce(json_type(intent.customer), 'NULL') <> 'OBJECT'
            AND intent.status <> 'requires_capture'
            AND livemode IS NOT NULL AND version IS NOT NULL
            AND (charge IS NULL OR charge.created IS NOT NULL) AS is_plain,
        list_transform(refunds, lambda one: TRY_CAST(one.amount AS BIGINT)) AS refunded,
        gcd(gcd(gcd(coalesce(intent.amount, 0), coalesce(intent.amount_received, 0)),
            coalesce(intent.amount_capturable, 0)), coalesce(list_reduce(refunded,
                lambda one, other: gcd(one, coalesce(other, 0)), CAST(0 AS BIGINT)), 0)) AS divisor
    FROM opened
),
judged AS (
    SELECT
        *,
        getvariable('names_are_plain')
            AND object = 'payment_intent'
            AND coalesce(sessions_text, '[]') = '[]' AND coalesce(invoices_text, '[]') = '[]'
            AND coalesce(regexp_full_match(array_to_string(named, '.'), '[!-~]{0,450}'), true)
            AND list_position(named, '') IS NULL
            AND coalesce(regexp_full_match(concat_ws('', intent.metadata.monstock_tenant,
                charge.metadata.monstock_tenant,
                split_part(intent.metadata.monstock_link_rule, ';', 1),
                split_part(charge.metadata.monstock_link_rule, ';', 1)), '[!-{}~]*'), true)
            AND coalesce(intent.metadata.monstock_link_rule = concat_ws('; ',
                split_part(intent.metadata.monstock_link_rule, ';', 1), named[1], named[2]), true)
            AND coalesce(charge.metadata.monstock_link_rule = concat_ws('; ',
                split_part(charge.metadata.monstock_link_rule, ';', 1), named[3], named[4]), true)
            AS has_plain_names
    FROM typed
)
SELECT
    CASE WHEN account_id IS NOT NULL AND own_account IS NOT TRUE
        THEN account_id || '/' || id ELSE id END AS transaction_reference,
    id, object, livemode, version,
    CASE WHEN own_account IS TRUE THEN NULL ELSE account_id END AS account_id,
    coalesce(intent.created, charge.created, created) AS created,
    charge.id AS charge_id,
    charge.created AS charge_created,
    balance.created AS balance_created,
    balance.currency AS balance_currency, balance.fee AS fee, balance.net AS net,
    list_transform(refunds, lambda one: {'id': one.id, 'created': one.created}) AS refunds,
    CASE WHEN disputes_text <> '[]' THEN
        from_json(disputes_text, '[{"id": "VARCHAR", "created": "BIGINT"}]') END AS disputes,
    is_plain,
    CASE WHEN is_plain THEN divisor ELSE 1 END AS divisor,
    CASE WHEN is_plain THEN concat_ws('|',
        intent.amount // divisor, intent.amount_received // divisor,
        intent.amount_capturable // divisor, intent.currency, intent.status,
        CASE WHEN coalesce(json_type(intent.last_payment_error), 'NULL') = 'NULL' THEN '' ELSE 'e'
            END,
        CASE WHEN len(intent.payment_method_types) = 1 THEN intent.payment_method_types[1] ELSE ''
            END,
        CASE WHEN charge IS NULL THEN '' ELSE 'c' END,
        coalesce(charge.payment_method_details.type, ''), coalesce(balance.currency, ''))
        || chr(10) || coalesce(array_to_string(list_transform(refunds, lambda one, i: concat_ws('|',
            refunded[i] // divisor, one.status,
            CASE WHEN coalesce(json_type(one.balance_transaction), 'NULL') = 'NULL' THEN ''
                ELSE 'b' END,
            list_position(list_sort(list_transform(refunds, lambda each: each.created)),
                one.created))), ';'), '') END AS shape,
    CASE WHEN NOT is_plain THEN payment(id, object, account_id, own_account, livemode, created,
        version, intent_text, charge_text, refunds_text, disputes_text, sessions_text,
        invoices_text) END AS alone,
    named,
    CASE WHEN has_plain_names THEN concat_ws('|',
        CASE WHEN named[1] IS NULL THEN 0 ELSE list_position(named, named[1]) END,
        CASE WHEN named[2] IS NULL THEN 0 ELSE list_position(named, named[2]) END,
        CASE WHEN named[3] IS NULL THEN 0 ELSE list_position(named, named[3]) END,
        CASE WHEN named[4] IS NULL THEN 0 ELSE list_position(named, named[4]) END,
        CASE WHEN named[5] IS NULL THEN 0 ELSE list_position(named, named[5]) END,
        coalesce(split_part(intent.metadata.monstock_link_rule, ';', 1), ''),
        coalesce(split_part(charge.metadata.monstock_link_rule, ';', 1), ''),
        coalesce(intent.metadata.monstock_tenant, ''), coalesce(charge.metadata.monstock_tenant, ''),
        CASE WHEN charge IS NULL THEN '' ELSE 'c' END) END AS names_shape,
    CASE WHEN has_plain_names THEN NULL ELSE
        names(account_id, own_account, livemode, coalesce(intent.created, charge.created,
            created), intent_text, charge_text, sessions_text, invoices_text) END AS names_alone
FROM judged;

CREATE TABLE staging.payment_cases AS
SELECT shape, from_json(plain_payment(shape), getvariable('payment_type')) AS said
FROM (SELECT DISTINCT shape FROM staging.parts WHERE is_plain);

CREATE TABLE staging.names_cases AS
SELECT names_shape, from_json(plain_names(names_shape), getvariable('names_type')) AS names
FROM (SELECT DISTINCT names_shape FROM staging.parts WHERE names_shape IS NOT NULL);

-- The scope judges by mode, account and time alone where nothing else is set: then by classes.
CREATE TABLE staging.verdicts AS
SELECT account_id, livemode, era, verdict(account_id, livemode, created) AS verdict
FROM (
    SELECT account_id, livemode, len(list_filter(getvariable('eras'), lambda era: era <= created))
        AS era, any_value(created) AS created
    FROM staging.parts WHERE names_shape IS NOT NULL GROUP BY ALL
);

CREATE TABLE staging.payments AS
WITH answered AS (
    SELECT
        parts.rowid + 1 AS n, parts.* EXCLUDE (shape, alone, names_alone),
        CASE WHEN is_plain THEN payment_cases.said
            ELSE from_json(alone, getvariable('payment_type')) END AS got,
        coalesce(verdicts.verdict, names_alone->>'$.verdict', 'ours') AS verdict,
        greatest(list_max(list_transform(refunds, lambda one: one.created)),
            list_max(list_transform(disputes, lambda one: one.created))) AS reversed
    FROM staging.parts
    LEFT JOIN staging.payment_cases USING (shape)
    LEFT JOIN staging.verdicts ON names_shape IS NOT NULL
        AND verdicts.livemode IS NOT DISTINCT FROM parts.livemode
        AND verdicts.account_id IS NOT DISTINCT FROM parts.account_id
        AND verdicts.era = len(list_filter(getvariable('eras'), lambda era: era <= created))
)
SELECT
    n, transaction_reference, id, charge_id, livemode, version, verdict, account_id, names_shape,
    list_concat(list_transform(refunds, lambda one: one.id),
        list_transform(disputes, lambda one: one.id)) AS reversal_ids,
    got.error, got.status, got.currency, got.method, coalesce(got.flags, '') AS flags,
    got.amount * divisor AS amount,
    got.authorized * divisor AS authorized,
    got.captured * divisor AS captured,
    got.funded * divisor AS funded,
    got.refunded * divisor AS refunded,
    got.refund_pending * divisor AS refund_pending,
    got.refund_failed * divisor AS refund_failed,
    got.disputed * divisor AS disputed,
    got.dispute_open,
    got.dispute_lost * divisor AS dispute_lost,
    (got.captured - got.refunded - got.dispute_lost) * divisor AS kept,
    got.captured > 0 OR got.authorized > 0 OR got.disputed > 0 OR got.funded > 0 AS holds_money,
    make_timestamp(created * 1000000) AS created_at,
    make_timestamp(1000000 * CASE
        WHEN NOT is_plain THEN got.captured_at
        WHEN got.captured_at = 3 THEN balance_created
        WHEN got.captured_at = 2 THEN charge_created
        WHEN got.captured_at = 1 THEN created END) AS captured_at,
    got.authorized_until,
    CASE WHEN is_plain AND got.action_required_since IS NOT NULL THEN created
        ELSE got.action_required_since END AS action_required_since,
    make_timestamp(1000000 * greatest(created, charge_created, balance_created, reversed))
        AS changed_at,
    fee * fees.numerator // fees.denominator AS fee,
    net * fees.numerator // fees.denominator AS net,
    upper(balance_currency) AS fee_currency
FROM answered
LEFT JOIN staging.currencies AS fees ON fees.code = balance_currency
WHERE got.skip IS NOT TRUE;

-- Every reference to an order, most trusted first: rule, field, value, tenant.
CREATE TABLE staging.names AS
SELECT n, name.position, name.rule, name.field, named[CAST(name.value AS INTEGER)] AS value,
    name.tenant
FROM (
    SELECT parts.rowid + 1 AS n, named, unnest(names) AS name
    FROM staging.parts JOIN staging.names_cases USING (names_shape)
)
UNION ALL
SELECT n, name.position, name.rule, name.field, name.value, name.tenant
FROM (
    SELECT rowid + 1 AS n, unnest(from_json(names_alone->'$.names', getvariable('names_type'))) AS name
    FROM staging.parts WHERE names_alone IS NOT NULL
);

DROP TABLE staging.parts;

-- Every id by which a row or a balance transaction may name a payment.
CREATE TABLE staging.payment_ids AS
SELECT transaction_reference AS reference, n, true AS own FROM staging.payments
UNION ALL
SELECT id, n, false FROM staging.payments WHERE id <> transaction_reference
UNION ALL
SELECT charge_id, n, false FROM staging.payments
WHERE charge_id IS NOT NULL AND charge_id <> id;
