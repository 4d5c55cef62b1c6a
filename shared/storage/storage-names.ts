/** What the program keeps in its storage account, by service; settings files have a container of their own. */
export const STORAGE_NAMES = {
  queue: [
    'provisioning-orders',
    'provisioning-orders-poison',
    'provisioning-results',
    'password-resets',
    'password-resets-poison',
    'password-results',
  ],
  table: ['tickets', 'limits'],
  container: ['provisioning-orders', 'connector-state', 'export-output'],
} as const;

/** The queue that orders come in on. */
export const ORDERS_QUEUE = STORAGE_NAMES.queue[0];

/** Where orders wait that can't become a ticket, and what the platform gave up. */
export const POISON_QUEUE = STORAGE_NAMES.queue[1];

/** The same two of password resets. */
export const RESETS_QUEUE = STORAGE_NAMES.queue[3];
export const RESETS_POISON_QUEUE = STORAGE_NAMES.queue[4];
