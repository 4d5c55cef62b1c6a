/** A provisioning order as Identity Manager writes it, for a person the simulator knows; `changes` go over it. */
export function anOrder(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    AssignedResourceTypeId: '3930001',
    ChangeType: 'Added',
    WorkflowInstanceId: '81',
    Owner: {
      Id: '21511',
      InternalDisplayName: '007 - Bond James',
      EmployeeId: '007',
      ServiceNowUserName: 'james.bond',
    },
    ResourceType: {
      Id: '-41',
      SourceEntityType: { Id: '51', Identifier: 'Directory_User' },
      TargetEntityType: { Id: '70', Identifier: 'SAP_User' },
      Identifier: 'SAP_User_NominativeUser',
    },
    Changes: { identifier: '007', firstName: 'James', lastName: 'Bond' },
    ...changes,
  };
}

/** An order in an envelope, as it travels once it was seen. */
export function anEnvelope(order: unknown, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    v: 1,
    Order: order,
    DeliveryId: 'delivery-1',
    OrderedAt: '2026-11-23T10:00:00.000Z#000000',
    Attempt: 0,
    WaitedSeconds: 0,
    ...changes,
  };
}
