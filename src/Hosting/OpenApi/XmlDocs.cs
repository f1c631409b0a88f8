using System.Xml.Linq;

namespace Intotes.Chat.Hosting.OpenApi;

/// <summary>The documentation comments of this assembly's types; empty where their file was not shipped.</summary>
internal static class XmlDocs
{
    private static readonly Dictionary<string, XElement> Members = Load();

    /// <summary>The summary in Markdown.</summary>
    public static string? Summary(Type type) => Of(type)?.Element("summary") is { } summary ? Text(summary) : null;

    /// <summary>The description of an answer of an endpoint: <c>response code="204"</c>.</summary>
    public static string? Response(Type endpoint, string status) =>
        Of(endpoint)?.Elements("response").FirstOrDefault(r => r.Attribute("code")?.Value == status) is { } response ? Text(response) : null;

    private static XElement? Of(Type type) => Members.GetValueOrDefault($"T:{type.FullName}");

    private static Dictionary<string, XElement> Load()
    {
        var file = Path.Combine(AppContext.BaseDirectory, $"{typeof(XmlDocs).Assembly.GetName().Name}.xml");
        return File.Exists(file) ? XDocument.Load(file).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value) : [];
    }

    private static string Text(XElement element) =>
        string.Join(' ', string.Concat(element.Nodes().Select(Text)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { IsEmpty: true } reference => $"`{reference.FirstAttribute?.Value.Split('.', ':')[^1]}`",
        XElement code => $"`{code.Value}`",
        _ => "",
    };
}
