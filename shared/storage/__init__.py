"""State in Azure Table Storage: one adapter, and one module per kind of row."""
