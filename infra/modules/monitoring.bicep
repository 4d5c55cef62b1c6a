metadata description = 'Where the app logs to: a workspace, and Application Insights in it that takes Entra tokens only.'

@description('Region.')
param location string
@description('What makes global names unique.')
@minLength(13)
@maxLength(13)
param token string
@description('Tags.')
param tags object
@description('Days that logs are kept.')
param logRetentionDays int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logRetentionDays
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

@description('The workspace.')
output workspaceId string = workspace.id
@description('Application Insights.')
output applicationInsightsName string = applicationInsights.name
