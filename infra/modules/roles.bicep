metadata description = 'Every role that anybody has on what the connector uses: on single queues, tables, containers and vaults, never on an account.'

@description('The storage account.')
param storageAccountName string
@description('The vault of connections.')
param connectionsVaultName string
@description('The vault of generated passwords.')
param resetsVaultName string
@description('Application Insights.')
param applicationInsightsName string
@description('The app\'s identity.')
param appPrincipalId string
@description('The identity of Identity Manager\'s agent; empty: nobody.')
param agentPrincipalId string
@description('Its kind.')
param agentPrincipalType string
@description('Whether it may order password resets.')
param agentMayResetPasswords bool
@description('The group that collects passwords; empty: nobody.')
param collectorsGroupId string
@description('The operators\' group; empty: nobody.')
param operatorsGroupId string

// Built-in roles. Source: "Azure built-in roles", storage and security.
var roles = {
  blobOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  queueProcessor: '8a0f0c08-91a1-4084-bc3d-661d67233fed'
  queueSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
  queueReader: '19e7f393-937e-4f77-808e-94535e297925'
  tableContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  metricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

var holders = {
  app: { id: appPrincipalId, type: 'ServicePrincipal' }
  agent: { id: agentPrincipalId, type: agentPrincipalType }
  resetAgent: { id: agentPrincipalId, type: agentPrincipalType }
  operators: { id: operatorsGroupId, type: 'Group' }
  collectors: { id: collectorsGroupId, type: 'Group' }
}
// Who is there is known before anything is deployed, the app's own id only then.
var isThere = {
  app: true
  agent: !empty(agentPrincipalId)
  resetAgent: agentMayResetPasswords && !empty(agentPrincipalId)
  operators: !empty(operatorsGroupId)
}

var queueRoles = [
  // The trigger gets, renews (Update Message is messages/write) and deletes; the app puts back (add) and counts (queues/read).
  { queue: 'provisioning-orders', role: 'queueContributor', who: 'app' }
  { queue: 'password-resets', role: 'queueContributor', who: 'app' }
  // The host adds what it gives up; watchQueues gets, sends again and deletes, and peeks.
  { queue: 'provisioning-orders-poison', role: 'queueContributor', who: 'app' }
  { queue: 'password-resets-poison', role: 'queueContributor', who: 'app' }
  // Results are sent, and counted (queues/read); the app takes none off.
  { queue: 'provisioning-results', role: 'queueSender', who: 'app' }
  { queue: 'provisioning-results', role: 'queueReader', who: 'app' }
  { queue: 'password-results', role: 'queueSender', who: 'app' }
  { queue: 'password-results', role: 'queueReader', who: 'app' }
  // Identity Manager's agent sends orders and takes states off.
  { queue: 'provisioning-orders', role: 'queueSender', who: 'agent' }
  { queue: 'provisioning-results', role: 'queueProcessor', who: 'agent' }
  { queue: 'password-resets', role: 'queueSender', who: 'resetAgent' }
  { queue: 'password-results', role: 'queueProcessor', who: 'resetAgent' }
  // `orders`, `poison` and `tickets` release, replay, drop and erase: get, put and delete.
  { queue: 'provisioning-orders', role: 'queueContributor', who: 'operators' }
  { queue: 'provisioning-orders-poison', role: 'queueContributor', who: 'operators' }
  { queue: 'password-resets', role: 'queueContributor', who: 'operators' }
  { queue: 'password-resets-poison', role: 'queueContributor', who: 'operators' }
  // `orders drop` tells the state, and the doctor looks whether the queue is there.
  { queue: 'provisioning-results', role: 'queueSender', who: 'operators' }
  { queue: 'provisioning-results', role: 'queueReader', who: 'operators' }
  { queue: 'password-results', role: 'queueSender', who: 'operators' }
  { queue: 'password-results', role: 'queueReader', who: 'operators' }
]

var tableRoles = [
  // The ledger, and what is counted between instances: read, written and deleted in transactions.
  { table: 'tickets', role: 'tableContributor', who: 'app' }
  { table: 'limits', role: 'tableContributor', who: 'app' }
  { table: 'tickets', role: 'tableContributor', who: 'operators' }
  { table: 'limits', role: 'tableContributor', who: 'operators' }
]

var containerRoles = [
  // Orders that are too large for a message: read, and written where one is put back.
  { container: 'provisioning-orders', role: 'blobContributor', who: 'app' }
  // Cookies of polls, state of exports.
  { container: 'connector-state', role: 'blobContributor', who: 'app' }
  // Exports: written, listed, old ones deleted.
  { container: 'export-output', role: 'blobContributor', who: 'app' }
  // Settings are read and never written.
  { container: 'settings', role: 'blobReader', who: 'app' }
  // The host unpacks the package, and keeps leases, the state of timers and keys: "Storage Blob Data Owner" is what it is documented to need.
  { container: 'app-package', role: 'blobContributor', who: 'app' }
  { container: 'azure-webjobs-hosts', role: 'blobOwner', who: 'app' }
  { container: 'azure-webjobs-secrets', role: 'blobOwner', who: 'app' }
  // Large orders are written, exports are read.
  { container: 'provisioning-orders', role: 'blobContributor', who: 'agent' }
  { container: 'export-output', role: 'blobReader', who: 'agent' }
  // `tickets erase` rewrites orders, the doctor reads settings and looks at the rest.
  { container: 'provisioning-orders', role: 'blobContributor', who: 'operators' }
  { container: 'connector-state', role: 'blobContributor', who: 'operators' }
  { container: 'export-output', role: 'blobReader', who: 'operators' }
  { container: 'settings', role: 'blobReader', who: 'operators' }
]

// getSecret; a certificate's key is read as a secret too. Operators: the doctor signs in as the app does.
var connectionsReaders = ['app', 'operators']

var queueAssignments = filter(queueRoles, one => isThere[one.who])
var tableAssignments = filter(tableRoles, one => isThere[one.who])
var containerAssignments = filter(containerRoles, one => isThere[one.who])
var connectionsAssignments = filter(connectionsReaders, who => isThere[who])

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: storageAccountName

  resource queueService 'queueServices' existing = {
    name: 'default'
  }
  resource tableService 'tableServices' existing = {
    name: 'default'
  }
  resource blobService 'blobServices' existing = {
    name: 'default'
  }
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-08-01' existing = [
  for one in queueAssignments: {
    parent: account::queueService
    name: one.queue
  }
]

resource onQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in queueAssignments: {
    scope: queues[index]
    name: guid(queues[index].id, holders[one.who].id, roles[one.role])
    properties: {
      principalId: holders[one.who].id
      principalType: holders[one.who].type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[one.role])
    }
  }
]

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-08-01' existing = [
  for one in tableAssignments: {
    parent: account::tableService
    name: one.table
  }
]

resource onTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in tableAssignments: {
    scope: tables[index]
    name: guid(tables[index].id, holders[one.who].id, roles[one.role])
    properties: {
      principalId: holders[one.who].id
      principalType: holders[one.who].type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[one.role])
    }
  }
]

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' existing = [
  for one in containerAssignments: {
    parent: account::blobService
    name: one.container
  }
]

resource onContainers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in containerAssignments: {
    scope: containers[index]
    name: guid(containers[index].id, holders[one.who].id, roles[one.role])
    properties: {
      principalId: holders[one.who].id
      principalType: holders[one.who].type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[one.role])
    }
  }
]

resource connectionsVault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: connectionsVaultName
}

resource onConnections 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for who in connectionsAssignments: {
    scope: connectionsVault
    name: guid(connectionsVault.id, holders[who].id, roles.secretsUser)
    properties: {
      principalId: holders[who].id
      principalType: holders[who].type
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
    }
  }
]

resource resetsVault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: resetsVaultName
}

// No built-in role sets secrets without deleting and purging them too.
resource passwordWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'password-writer')
  properties: {
    roleName: 'ServiceNow ticket connector: password writer (${uniqueString(resourceGroup().id)})'
    description: 'Writes generated passwords, and reads them again to set the same ones after a failure.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/secrets/getSecret/action'
          'Microsoft.KeyVault/vaults/secrets/setSecret/action'
        ]
      }
    ]
  }
}

resource onPasswords 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: resetsVault
  name: guid(resetsVault.id, holders.app.id, passwordWriter.id)
  properties: { principalId: holders.app.id, principalType: holders.app.type, roleDefinitionId: passwordWriter.id }
}

resource collectorsOnPasswords 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(collectorsGroupId)) {
  scope: resetsVault
  name: guid(resetsVault.id, holders.collectors.id, roles.secretsUser)
  properties: {
    principalId: holders.collectors.id
    principalType: holders.collectors.type
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// Telemetry with an Entra token.
resource onApplicationInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: applicationInsights
  name: guid(applicationInsights.id, holders.app.id, roles.metricsPublisher)
  properties: {
    principalId: holders.app.id
    principalType: holders.app.type
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.metricsPublisher)
  }
}
