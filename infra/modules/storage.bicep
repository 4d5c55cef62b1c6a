metadata description = 'The one storage account: orders, results, ledger, state, exports, settings, and what the Functions host keeps.'

@description('Region.')
param location string
@description('What makes global names unique.')
@minLength(13)
@maxLength(13)
param token string
@description('Tags.')
param tags object
@description('Whether the account is reached over private endpoints only.')
param isPrivate bool
@description('Days that exported files are kept.')
param exportRetentionDays int
@description('Workspace that writes to the account are logged in.')
param workspaceId string

// The names that the program uses: shared/storage/storage-names.ts.
var queueNames = [
  'provisioning-orders'
  'provisioning-orders-poison'
  'provisioning-results'
  'password-resets'
  'password-resets-poison'
  'password-results'
]
var tableNames = ['tickets', 'limits']
var containerNames = [
  'provisioning-orders'
  'connector-state'
  'export-output'
  'settings'
  // The package of the app, and what the Functions host keeps (locks, the state of timers, keys).
  'app-package'
  'azure-webjobs-hosts'
  'azure-webjobs-secrets'
]

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: 'st${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: 'None'
    }
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-08-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-08-01' = [
  for name in queueNames: {
    parent: queueService
    name: name
  }
]

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-08-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-08-01' = [
  for name in tableNames: {
    parent: tableService
    name: name
  }
]

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: account
  name: 'default'
  properties: {
    // What was overwritten or deleted by mistake comes back for a week; orders and settings among them.
    deleteRetentionPolicy: { enabled: true, days: 7 }
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = [
  for name in containerNames: {
    parent: blobService
    name: name
    properties: { publicAccess: 'None' }
  }
]

// None for provisioning-orders: an order may wait for as long as it takes.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = {
  parent: account
  name: 'default'
  dependsOn: [blobService]
  properties: {
    policy: {
      rules: [
        {
          name: 'old-exports'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['export-output/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: exportRetentionDays } } }
          }
        }
      ]
    }
  }
}

// Writes only: the polling of triggers would be most of the reads.
// There is no newer version that has logs of such services.
#disable-next-line use-recent-api-versions
resource queueLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: queueService
  name: 'writes'
  properties: { workspaceId: workspaceId, logs: [{ category: 'StorageWrite', enabled: true }] }
}

@description('The account.')
output accountId string = account.id
@description('Its name.')
output accountName string = account.name
@description('Blobs.')
output blobServiceUri string = account.properties.primaryEndpoints.blob
@description('Queues.')
output queueServiceUri string = account.properties.primaryEndpoints.queue
@description('Tables.')
output tableServiceUri string = account.properties.primaryEndpoints.table
