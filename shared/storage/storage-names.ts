/** What the program keeps in its storage account, by service; settings files have a container of their own. */
export const STORAGE_NAMES = {
  queue: ['provisioning-orders', 'provisioning-orders-poison', 'provisioning-results'],
  table: ['tickets', 'limits'],
  container: ['provisioning-orders', 'connector-state'],
} as const;
