/** The two connections of a run: one signs in with a password at every call, one with tokens. */
export const CONNECTIONS = ['ServiceNowFulfillManual', 'ServiceNowByToken'] as const;

/** One of the connections, each to an instance of its own. */
export type ConnectionName = (typeof CONNECTIONS)[number];

/** A resource type that orders of a run are for. */
export interface ChaosResourceType {
  readonly identifier: string;
  readonly connection: ConnectionName;
  /** Where its tickets lie in ServiceNow. */
  readonly table: 'incident' | 'sc_req_item';
  /** Where each ticket has exactly one more record with its key. */
  readonly parts: readonly ('sc_request' | 'sc_task')[];
  /** Whether a resolved ticket counts as closed. */
  readonly resolvedCounts: boolean;
  /** What a ticket that was done puts its assignment into. */
  readonly done: 'Executed' | 'Verified';
  /** More of its mapping. */
  readonly mapping: Readonly<Record<string, unknown>>;
}

const common = { table: 'incident', parts: [], resolvedCounts: false, done: 'Executed', mapping: {} } as const;
const fromCatalog = {
  ...common,
  table: 'sc_req_item',
  parts: ['sc_request'],
  mapping: {
    TicketType: 'request',
    CatalogItem: 'Access Request',
    CatalogCorrelationVariable: 'correlation',
    CatalogVariables: { details: '{{ProvisioningOrder.ChangeType}}', account: '{{Username}}' },
  },
} as const;

/** All resource types of a run. */
export const RESOURCE_TYPES = [
  { ...common, identifier: 'Chaos_Basic_Account', connection: 'ServiceNowFulfillManual' },
  { ...common, identifier: 'Chaos_Basic_Badge', connection: 'ServiceNowFulfillManual', done: 'Verified' },
  {
    ...common,
    identifier: 'Chaos_Token_Account',
    connection: 'ServiceNowByToken',
    resolvedCounts: true,
    mapping: { TicketCategory: 'software' },
  },
  {
    ...common,
    identifier: 'Chaos_Token_Laptop',
    connection: 'ServiceNowByToken',
    mapping: { TicketCategory: 'hardware', AssignmentGroup: 'Service Desk', DetailsIn: 'work_notes' },
  },
  { ...fromCatalog, identifier: 'Chaos_Basic_Access', connection: 'ServiceNowFulfillManual' },
  { ...fromCatalog, identifier: 'Chaos_Token_Access', connection: 'ServiceNowByToken', done: 'Verified' },
  {
    ...common,
    identifier: 'Chaos_Token_Key',
    connection: 'ServiceNowByToken',
    table: 'sc_req_item',
    parts: ['sc_request', 'sc_task'],
    mapping: { TicketType: 'request', AllowBareRequestItem: true, AssignmentGroup: 'Service Desk' },
  },
] as const satisfies readonly [ChaosResourceType, ...ChaosResourceType[]];

/** `appsettings.agent.json` of a run. */
export const AGENT_SETTINGS = {
  ServiceNowResourceTypeMappings: Object.fromEntries(
    RESOURCE_TYPES.map(({ identifier, connection, done, resolvedCounts, mapping }) => [
      identifier,
      {
        Connection: connection,
        TicketCallerId: 'ServiceNowUserName',
        FallbackCaller: 'identity.manager',
        ResolvedCounts: resolvedCounts,
        TicketSynchroIsNotAvailable: done === 'Verified',
        ...mapping,
      },
    ]),
  ),
};
