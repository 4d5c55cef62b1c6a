import type { Table } from '../table.ts';

const states = { '1': 'New', '2': 'In Progress', '3': 'On Hold', '6': 'Resolved', '7': 'Closed', '8': 'Canceled' };

const subcategories = {
  antivirus: 'Antivirus',
  email: 'Email',
  'internal application': 'Internal Application',
  os: 'Operating System',
  cpu: 'CPU',
  disk: 'Disk',
  keyboard: 'Keyboard',
  memory: 'Memory',
  monitor: 'Monitor',
  mouse: 'Mouse',
  dhcp: 'DHCP',
  dns: 'DNS',
  'ip address': 'IP Address',
  vpn: 'VPN',
  wireless: 'Wireless',
  db2: 'DB2',
  'sql server': 'MS SQL Server',
  oracle: 'Oracle',
};

/** Which category a subcategory belongs to is for forms, the Table API does not look. */
const subcategoriesByCategory = {
  inquiry: ['antivirus', 'email', 'internal application'],
  software: ['email', 'os'],
  hardware: ['cpu', 'disk', 'keyboard', 'memory', 'monitor', 'mouse'],
  network: ['dhcp', 'dns', 'ip address', 'vpn', 'wireless'],
  database: ['db2', 'sql server', 'oracle'],
};

const legacyCloseCodes = ['Solved (Permanently)', 'Closed/Resolved by Caller'];

/**
 * Values of the base system: the states of the incident state model, its close codes with the two of older releases
 * that clients still send and one of this instance's own, and the demonstration data's categories.
 */
export const incident: Table = {
  name: 'incident',
  label: 'Incident',
  parent: 'task',
  display: 'number',
  fields: {
    state: { type: 'choice', label: 'State', default: '1', choices: states },
    incident_state: { type: 'choice', label: 'Incident state', default: '1', choices: states },
    priority: {
      type: 'choice',
      label: 'Priority',
      readOnly: true,
      default: '5',
      choices: { '1': '1 - Critical', '2': '2 - High', '3': '3 - Moderate', '4': '4 - Low', '5': '5 - Planning' },
    },
    active: { type: 'boolean', label: 'Active', default: 'true', readOnly: true },
    hold_reason: {
      type: 'choice',
      label: 'On hold reason',
      choices: { '1': 'Awaiting Caller', '3': 'Awaiting Problem', '4': 'Awaiting Vendor', '5': 'Awaiting Change' },
    },
    caller_id: { type: 'reference', label: 'Caller', table: 'sys_user' },
    category: {
      type: 'choice',
      label: 'Category',
      default: 'inquiry',
      choices: {
        inquiry: 'Inquiry / Help',
        software: 'Software',
        hardware: 'Hardware',
        network: 'Network',
        database: 'Database',
      },
    },
    subcategory: {
      type: 'choice',
      label: 'Subcategory',
      choices: subcategories,
      dependsOn: subcategoriesByCategory,
    },
    severity: {
      type: 'choice',
      label: 'Severity',
      default: '3',
      choices: { '1': '1 - High', '2': '2 - Medium', '3': '3 - Low' },
    },
    close_code: {
      type: 'choice',
      label: 'Resolution code',
      choices: {
        'Handed over': 'Handed over to a partner',
        ...Object.fromEntries(
          [
            'Duplicate',
            'Known error',
            'Resolved by caller',
            'Resolved by change',
            'Resolved by problem',
            'Solution provided',
            'Workaround provided',
            'User error',
            ...legacyCloseCodes,
          ].map((code) => [code, code]),
        ),
      },
      inactive: legacyCloseCodes,
    },
    close_notes: { type: 'string', label: 'Resolution notes', maxLength: 4000 },
    resolved_at: { type: 'glide_date_time', label: 'Resolved', readOnly: true },
    resolved_by: { type: 'reference', label: 'Resolved by', table: 'sys_user', readOnly: true },
    reopen_count: { type: 'integer', label: 'Reopen count', default: '0', readOnly: true },
    reopened_by: { type: 'reference', label: 'Last reopened by', table: 'sys_user', readOnly: true },
    reopened_time: { type: 'glide_date_time', label: 'Last reopened at', readOnly: true },
    parent_incident: { type: 'reference', label: 'Parent Incident', table: 'incident' },
    child_incidents: { type: 'integer', label: 'Child Incidents', default: '0', readOnly: true },
    problem_id: { type: 'reference', label: 'Problem', table: 'problem' },
    rfc: { type: 'reference', label: 'Change Request', table: 'change_request' },
    caused_by: { type: 'reference', label: 'Caused by Change', table: 'change_request' },
    cause: { type: 'string', label: 'Probable cause', maxLength: 4000 },
    business_impact: { type: 'string', label: 'Business impact', maxLength: 4000 },
    origin_id: { type: 'string', label: 'Origin', maxLength: 32 },
    origin_table: { type: 'string', label: 'Origin table', maxLength: 80 },
    business_stc: { type: 'integer', label: 'Business resolve time', readOnly: true },
    calendar_stc: { type: 'integer', label: 'Resolve time', readOnly: true },
    sys_class_name: { type: 'sys_class_name', label: 'Task type', readOnly: true, default: 'incident' },
  },
};
