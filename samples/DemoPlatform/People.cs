namespace DemoPlatform;

/// <summary>Somebody who can sign in. Customers carry no role.</summary>
public sealed record Person(string Id, string Name, string? Role, string About);

public static class People
{
    public static readonly Person Alice = new("alice", "Alice Moreau", null, "Customer in Lyon");
    public static readonly Person Bao = new("bao", "Bao Nguyen", null, "Customer in Singapore");
    public static readonly Person Carla = new("carla", "Carla Whitfield", null, "Customer in Bristol");
    public static readonly Person Dana = new("dana", "Dana", "operator", "Support operator");
    public static readonly Person Omar = new("omar", "Omar", "supervisor", "Support supervisor");

    public static readonly IReadOnlyList<Person> All = [Alice, Bao, Carla, Dana, Omar];

    public static Person? Find(string id) => All.FirstOrDefault(person => person.Id == id);
}
