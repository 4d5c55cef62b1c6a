/** What can be ordered. */
export const catalogItems = [
  { name: 'Access Request', short_description: 'Ask for access to an application', active: 'true' },
  { name: 'Standard Laptop', short_description: 'A laptop for daily work', active: 'true' },
] as const;
