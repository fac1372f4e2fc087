-- Stripe's snapshots, read once: what each comes to, what it says of its order, which ids it has.
--
-- What a payment comes to is the core's to say (function `payment`). A plain one (a PaymentIntent
-- without refunds, disputes or next action) is asked for by its proportions: all amounts divided by
-- their greatest common divisor, and times replaced by 1, 2, 3. So each distinct case is asked once.
CREATE TABLE staging.parts AS
WITH opened AS (
    SELECT
        id, object, account_id, own_account, livemode, created, version,
        from_json(payment_intent, '{
            "amount": "BIGINT", "amount_received": "BIGINT", "amount_capturable": "BIGINT",
            "created": "BIGINT", "currency": "VARCHAR", "status": "VARCHAR", "customer": "JSON",
            "last_payment_error": "JSON", "next_action": "JSON", "payment_method_types": ["VARCHAR"],
            "metadata": "JSON", "description": "VARCHAR", "payment_details": "JSON"}') AS intent,
        from_json(charge, '{
            "id": "VARCHAR", "created": "BIGINT", "balance_transaction": "JSON",
            "payment_method_details": {"type": "VARCHAR"}, "metadata": "JSON",
            "description": "VARCHAR"}') AS charge,
        from_json(refunds, '[{"id": "VARCHAR", "created": "BIGINT"}]') AS refunds,
        from_json(disputes, '[{"id": "VARCHAR", "created": "BIGINT"}]') AS disputes,
        payment_intent AS intent_text, charge AS charge_text, refunds AS refunds_text,
        disputes AS disputes_text, checkout_sessions AS sessions_text, invoices AS invoices_text
    FROM source.payments
),
typed AS (
    SELECT
        *,
        from_json(CASE WHEN json_type(charge.balance_transaction) = 'OBJECT'
            THEN charge.balance_transaction END, '{
            "id": "VARCHAR", "created": "BIGINT", "currency": "VARCHAR", "fee": "BIGINT",
            "net": "BIGINT"}') AS balance,
        coalesce(len(refunds), 0) + coalesce(len(disputes), 0) = 0
            AND object = 'payment_intent'
            AND intent.amount > 0
            AND intent.amount_received IS NOT NULL
            AND intent.amount_capturable IS NOT NULL
            AND intent.created IS NOT NULL
            AND intent.currency IN (SELECT code FROM staging.currencies WHERE plain)
            AND coalesce(json_type(intent.next_action), 'NULL') = 'NULL'
            AND coalesce(json_type(intent.customer), 'NULL') <> 'OBJECT'
            AND intent.status <> 'requires_capture'
            AND livemode IS NOT NULL AND version IS NOT NULL
            AND (charge IS NULL OR charge.created IS NOT NULL) AS is_plain,
        CAST(gcd(gcd(coalesce(intent.amount, 0), coalesce(intent.amount_received, 0)),
            coalesce(intent.amount_capturable, 0)) AS BIGINT) AS divisor
    FROM opened
)
SELECT
    row_number() OVER () AS n,
    CASE WHEN account_id IS NOT NULL AND own_account IS NOT TRUE
        THEN account_id || '/' || id ELSE id END AS transaction_reference,
    id, object, account_id, own_account, livemode, version,
    coalesce(intent.created, charge.created, created) AS created,
    charge.id AS charge_id,
    charge.created AS charge_created,
    balance.created AS balance_created,
    balance.currency AS balance_currency, balance.fee AS fee, balance.net AS net,
    list_transform(refunds, lambda one: one.id) AS refund_ids,
    list_transform(disputes, lambda one: one.id) AS dispute_ids,
    greatest(list_max(list_transform(refunds, lambda one: one.created)),
        list_max(list_transform(disputes, lambda one: one.created))) AS reversed,
    is_plain,
    CASE WHEN is_plain THEN divisor ELSE 1 END AS divisor,
    CASE WHEN is_plain THEN CAST(to_json({
        'id': 'p', 'object': object, 'account_id': NULL, 'livemode': livemode, 'version': 1,
        'payment_intent': {
            'amount': intent.amount // divisor,
            'amount_received': intent.amount_received // divisor,
            'amount_capturable': intent.amount_capturable // divisor,
            'created': 1, 'currency': intent.currency, 'status': intent.status,
            'last_payment_error': CASE
                WHEN coalesce(json_type(intent.last_payment_error), 'NULL') = 'NULL' THEN NULL
                ELSE {'code': 'declined'} END,
            'payment_method_types': intent.payment_method_types},
        'charge': CASE WHEN charge IS NULL THEN NULL ELSE {
            'id': 'c', 'created': 2,
            'payment_method_details': {'type': charge.payment_method_details.type},
            'balance_transaction': CASE WHEN balance IS NULL THEN NULL ELSE
                {'created': 3, 'currency': balance.currency, 'fee': 0, 'net': 0} END} END
    }) AS VARCHAR)
    ELSE payment(CAST(json_object(
        'id', id, 'object', object, 'account_id', account_id, 'own_account', own_account,
        'livemode', livemode, 'created', created, 'version', version,
        'payment_intent', intent_text, 'charge', charge_text, 'refunds', refunds_text,
        'disputes', disputes_text, 'checkout_sessions', sessions_text, 'invoices', invoices_text
    ) AS VARCHAR)) END AS shape,
    names(CAST(json_object(
        'id', id, 'account_id', CASE WHEN own_account IS NOT TRUE THEN account_id END,
        'livemode', livemode, 'created', coalesce(intent.created, charge.created, created),
        'payment_intent', CASE WHEN intent IS NULL THEN NULL ELSE json_object(
            'metadata', intent.metadata, 'description', intent.description,
            'payment_details', intent.payment_details) END,
        'charge', CASE WHEN charge IS NULL THEN NULL ELSE json_object(
            'metadata', charge.metadata, 'description', charge.description) END,
        'checkout_sessions', sessions_text, 'invoices', invoices_text
    ) AS VARCHAR)) AS said
FROM typed;

CREATE TABLE staging.payment_cases AS
SELECT key, payment(shape) AS answer
FROM (
    SELECT md5_number(shape) AS key, any_value(shape) AS shape
    FROM staging.parts WHERE is_plain GROUP BY ALL
);

CREATE TABLE staging.payments AS
WITH answered AS (
    SELECT
        parts.* EXCLUDE (shape, said),
        from_json(coalesce(payment_cases.answer, parts.shape), '{
            "error": "VARCHAR", "skip": "BOOLEAN", "status": "VARCHAR", "currency": "VARCHAR",
            "amount": "BIGINT", "authorized": "BIGINT", "authorized_until": "BIGINT",
            "action_required_since": "BIGINT", "captured": "BIGINT", "captured_at": "BIGINT",
            "funded": "BIGINT", "refunded": "BIGINT", "refund_pending": "BIGINT",
            "refund_failed": "BIGINT", "disputed": "BIGINT", "dispute_open": "BOOLEAN",
            "dispute_lost": "BIGINT", "flags": ["VARCHAR"], "method": "VARCHAR"}') AS got,
        from_json(parts.said, '{"verdict": "VARCHAR"}').verdict AS verdict
    FROM staging.parts
    LEFT JOIN staging.payment_cases ON is_plain AND key = md5_number(shape)
)
SELECT
    n, transaction_reference, id, charge_id, refund_ids, dispute_ids, livemode, version, verdict,
    CASE WHEN own_account IS TRUE THEN NULL ELSE account_id END AS account_id,
    got.error, got.status, got.currency, got.method, coalesce(got.flags, []) AS flags,
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

CREATE TABLE staging.names AS
SELECT parts.n, named.position, named.rule, named.field, named.value, named.tenant
FROM staging.parts, unnest(from_json(said, '{"names": [{
    "position": "INTEGER", "rule": "VARCHAR", "field": "VARCHAR", "value": "VARCHAR",
    "tenant": "VARCHAR"}]}').names) AS one(named)
WHERE named IS NOT NULL;

DROP TABLE staging.parts;

-- Every id by which a row or a balance transaction may name a payment.
CREATE TABLE staging.payment_ids AS
SELECT transaction_reference AS reference, n, true AS own FROM staging.payments
UNION ALL
SELECT id, n, false FROM staging.payments WHERE id <> transaction_reference
UNION ALL
SELECT charge_id, n, false FROM staging.payments
WHERE charge_id IS NOT NULL AND charge_id <> id;
