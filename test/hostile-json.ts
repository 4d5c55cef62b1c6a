import fc from 'fast-check';

const name = fc.constantFrom(
  'v',
  'Order',
  'OrdersBlob',
  'DeliveryId',
  'OrderedAt',
  'ProvisioningOrdersList',
  'AssignedResourceTypeId',
  'ChangeType',
  'WorkflowInstanceId',
  'Owner',
  'Id',
  'ResourceType',
  'Identifier',
  'SourceEntityType',
  'Changes',
  'Resource',
  '__proto__',
  'constructor',
  'toString',
  'length',
);

/** JSON whose members are called as ours are, with everything wrong inside, as it comes out of `JSON.parse`. */
export const hostileJson = fc
  .letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(null, true, 1, -0.5, 1e308, '', '\ud800', '\u0000', '2026-11-20T08:15:30.000Z#000000', 'Added'),
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(name, tie('value')), { maxLength: 8 })
        .map((members) => `{${members.map(([key, of]) => `"${key}":${JSON.stringify(of)}`).join(',')}}`)
        .map((text): unknown => JSON.parse(text)),
    ),
  }))
  .value.map((value): unknown => JSON.parse(JSON.stringify(value)));
