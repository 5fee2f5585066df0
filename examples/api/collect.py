from conda_provenance import collect

origin = collect("recipe")
print(origin.provenance.to_extra(), origin.warnings)
