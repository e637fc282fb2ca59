package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
)

// A provider answers what validate and mocked tests ask. What they do not ask is
// left to the embedded nil: ConfigureProvider ends every run that would come to it.
type provider struct {
	tfprotov5.ProviderServer
	catalog *catalog
}

func (p *provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return &tfprotov5.GetProviderSchemaResponse{
		ServerCapabilities:       &tfprotov5.ServerCapabilities{GetProviderSchemaOptional: true},
		Provider:                 p.catalog.provider,
		ResourceSchemas:          p.catalog.resources,
		DataSourceSchemas:        p.catalog.dataSources,
		EphemeralResourceSchemas: p.catalog.ephemerals,
	}, nil
}

func (p *provider) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (p *provider) PrepareProviderConfig(_ context.Context, r *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (p *provider) ConfigureProvider(context.Context, *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	return &tfprotov5.ConfigureProviderResponse{Diagnostics: []*tfprotov5.Diagnostic{{
		Severity: tfprotov5.DiagnosticSeverityError,
		Summary:  "This is tfstub, which knows schemas and nothing of AWS",
		Detail:   `It cannot plan or apply. A test needs the block: mock_provider "aws" {}`,
	}}}, nil
}

func (p *provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func (p *provider) ValidateResourceTypeConfig(_ context.Context, r *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	found, err := judge(r.TypeName, p.catalog.resources[r.TypeName], r.Config)
	return &tfprotov5.ValidateResourceTypeConfigResponse{Diagnostics: found}, err
}

func (p *provider) ValidateDataSourceConfig(_ context.Context, r *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	found, err := judge(r.TypeName, p.catalog.dataSources[r.TypeName], r.Config)
	return &tfprotov5.ValidateDataSourceConfigResponse{Diagnostics: found}, err
}

func (p *provider) ValidateEphemeralResourceConfig(_ context.Context, r *tfprotov5.ValidateEphemeralResourceConfigRequest) (*tfprotov5.ValidateEphemeralResourceConfigResponse, error) {
	found, err := judge(r.TypeName, p.catalog.ephemerals[r.TypeName], r.Config)
	return &tfprotov5.ValidateEphemeralResourceConfigResponse{Diagnostics: found}, err
}

// UpgradeResourceState gives the state back as it is. OpenTofu asks for it between
// the runs of a test, mocked or not.
func (p *provider) UpgradeResourceState(_ context.Context, r *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	t := p.catalog.resources[r.TypeName].ValueType()
	value, err := r.RawState.Unmarshal(t)
	if err != nil {
		return nil, err
	}
	state, err := tfprotov5.NewDynamicValue(t, value)
	return &tfprotov5.UpgradeResourceStateResponse{UpgradedState: &state}, err
}
