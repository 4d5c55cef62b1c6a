/** The two connections of a run: one signs in with a password at every call, one with tokens. */
export const CONNECTIONS = ['ServiceNowFulfillManual', 'ServiceNowByToken'] as const;

/** One of the connections, each to an instance of its own. */
export type ConnectionName = (typeof CONNECTIONS)[number];

/** A resource type that orders of a run are for. Another kind of ticket is another `table`. */
export interface ChaosResourceType {
  readonly identifier: string;
  readonly connection: ConnectionName;
  /** Where its tickets lie in ServiceNow. */
  readonly table: 'incident';
  /** Whether a resolved ticket counts as closed. */
  readonly resolvedCounts: boolean;
  /** What a ticket that was done puts its assignment into. */
  readonly done: 'Executed' | 'Verified';
  /** More of its mapping. */
  readonly mapping: Readonly<Record<string, unknown>>;
}

const common = { table: 'incident', resolvedCounts: false, done: 'Executed', mapping: {} } as const;

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
