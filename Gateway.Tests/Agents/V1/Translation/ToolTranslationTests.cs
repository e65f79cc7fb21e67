using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>Each tool of V1 and what V0 shows of it: the action, and the observation with the action's id as its cause.</summary>
public sealed class ToolTranslationTests
{
    private readonly V1Event _v1 = new();

    [Theory]
    [InlineData("TerminalAction", "\"command\":\"ls\",\"is_input\":true,\"timeout\":30", "run",
        """{"command":"ls","is_input":true,"thought":"why","blocking":false,"is_static":false,"cwd":null,"hidden":false,"confirmation_state":"confirmed","security_risk":2}""")]
    [InlineData("ExecuteBashAction", "\"command\":\"\",\"reset\":true,\"timeout\":null", "run",
        """{"command":"","is_input":false,"thought":"why","blocking":false,"is_static":false,"cwd":null,"hidden":false,"confirmation_state":"confirmed","security_risk":2}""")]
    [InlineData("FileEditorAction", "\"command\":\"view\",\"path\":\"/a\",\"view_range\":[1,2]", "read",
        """{"path":"/a","start":0,"end":-1,"thought":"why","security_risk":2,"impl_source":"oh_aci","view_range":[1,2]}""")]
    [InlineData("StrReplaceEditorAction", "\"command\":\"insert\",\"path\":\"/a\",\"new_str\":\"x\",\"insert_line\":3", "edit",
        """{"path":"/a","command":"insert","file_text":null,"old_str":null,"new_str":"x","insert_line":3,"content":"","start":1,"end":-1,"thought":"why","security_risk":2,"impl_source":"oh_aci"}""")]
    [InlineData("PlanningFileEditorAction", "\"command\":\"create\",\"path\":\"/a\",\"file_text\":\"t\"", "edit",
        """{"path":"/a","command":"create","file_text":"t","old_str":null,"new_str":null,"insert_line":null,"content":"","start":1,"end":-1,"thought":"why","security_risk":2,"impl_source":"oh_aci"}""")]
    [InlineData("ThinkAction", "\"thought\":\"deeply\"", "think", """{"thought":"why\ndeeply"}""")]
    [InlineData("FinishAction", "\"message\":\"done\"", "finish", """{"final_thought":"done","outputs":{},"thought":"why"}""")]
    [InlineData("TaskTrackerAction", "\"command\":\"plan\",\"task_list\":[{\"title\":\"T\",\"notes\":\"\",\"status\":\"done\"}]",
        "task_tracking",
        """{"command":"plan","task_list":[{"id":"task-1","title":"T","status":"done","notes":""}],"thought":"why"}""")]
    [InlineData("BrowserNavigateAction", "\"url\":\"https://x\",\"new_tab\":false", "browse",
        """{"url":"https://x","thought":"why","security_risk":2,"return_axtree":false}""")]
    [InlineData("BrowserTypeAction", "\"index\":3,\"text\":\"a\\\"b\"", "browse_interactive",
        """{"browser_actions":"fill(\"3\",\"a\\\"b\")","thought":"why","browsergym_send_msg_to_user":"","security_risk":2,"return_axtree":false}""")]
    [InlineData("BrowserGoBackAction", "", "browse_interactive",
        """{"browser_actions":"go_back()","thought":"why","browsergym_send_msg_to_user":"","security_risk":2,"return_axtree":false}""")]
    [InlineData("MCPToolAction", "\"data\":{\"url\":\"u\"}", "call_tool_mcp",
        """{"name":"tool","arguments":{"url":"u"},"thought":"why","security_risk":2}""")]
    [InlineData("GrepAction", "\"pattern\":\"p\"", "call_tool_mcp",
        """{"name":"tool","arguments":{"pattern":"p"},"thought":"why","security_risk":2}""")]
    [InlineData("ApplyPatchAction", "\"patch\":\"p\"", "call_tool_mcp",
        """{"name":"tool","arguments":{"patch":"p"},"thought":"why","security_risk":2}""")]
    [InlineData("ReadFileAction", "\"file_path\":\"/a\"", "read",
        """{"path":"/a","start":0,"end":-1,"thought":"why","security_risk":2,"impl_source":"oh_aci","view_range":null}""")]
    [InlineData("WriteFileAction", "\"file_path\":\"/a\",\"content\":\"c\"", "write",
        """{"path":"/a","content":"c","start":0,"end":-1,"thought":"why","security_risk":2}""")]
    [InlineData("EditAction", "\"file_path\":\"/a\",\"old_string\":\"o\",\"new_string\":\"n\"", "edit",
        """{"path":"/a","command":"str_replace","file_text":null,"old_str":"o","new_str":"n","insert_line":null,"content":"","start":1,"end":-1,"thought":"why","security_risk":2,"impl_source":"oh_aci"}""")]
    public void Translate_ToolAction_IsV0sAction(string kind, string fields, string action, string args)
    {
        var log = new TranslatedLog().Add(_v1.Action(kind, fields, thought: "why", risk: "HIGH")).Release();

        var v0 = log.Events.Should().ContainSingle().Subject;
        ((string?)v0["action"]).Should().Be(action);
        ((string?)v0["source"]).Should().Be("agent");
        v0["args"]!.ToString(Formatting.None).Should().Be(args);
        (v0["timeout"]?.ToString(Formatting.None)).Should().Be(fields.Contains("\"timeout\":30", StringComparison.Ordinal) ? "30.0" : null);
    }

    [Theory]
    [InlineData("UNKNOWN", -1)]
    [InlineData("LOW", 0)]
    [InlineData("MEDIUM", 1)]
    [InlineData("HIGH", 2)]
    [InlineData("NEW", -1)]
    public void Translate_Risk_IsV0sNumber(string risk, int expected)
    {
        var log = new TranslatedLog().Add(_v1.Action("TerminalAction", risk: risk)).Release();

        ((int)log.Events[0]["args"]!["security_risk"]!).Should().Be(expected);
    }

    [Theory]
    [InlineData("TerminalAction", "\"command\":\"ls\"", "TerminalObservation",
        "\"exit_code\":0,\"metadata\":{\"exit_code\":0,\"username\":\"u\",\"suffix\":\"s\"}", false, "run",
        """{"command":"ls","metadata":{"exit_code":0,"pid":-1,"username":"u","hostname":null,"working_dir":null,"py_interpreter_path":null,"prefix":"","suffix":"s"},"hidden":false}""")]
    [InlineData("TerminalAction", "\"command\":\"ls\"", "ExecuteBashObservation",
        "\"command\":\"other\",\"exit_code\":3,\"metadata\":{\"exit_code\":-1}", false, "run",
        """{"command":"other","metadata":{"exit_code":3,"pid":-1,"username":null,"hostname":null,"working_dir":null,"py_interpreter_path":null,"prefix":"","suffix":""},"hidden":false}""")]
    [InlineData("TerminalAction", "\"command\":\"ls\"", "TerminalObservation", "", true, "run",
        """{"command":"ls","metadata":{"exit_code":1,"pid":-1,"username":null,"hostname":null,"working_dir":null,"py_interpreter_path":null,"prefix":"","suffix":""},"hidden":false}""")]
    [InlineData("FileEditorAction", "\"command\":\"view\",\"path\":\"/a\"", "FileEditorObservation", "\"command\":\"view\"", false, "read",
        """{"path":"/a","impl_source":"oh_aci"}""")]
    [InlineData("FileEditorAction", "\"command\":\"str_replace\",\"path\":\"/a\",\"old_str\":\"o\",\"new_str\":\"n\"",
        "FileEditorObservation",
        "\"command\":\"str_replace\",\"path\":\"/a\",\"prev_exist\":true,\"old_content\":\"o\\n\",\"new_content\":\"n\\n\"", false, "edit",
        """{"path":"/a","prev_exist":true,"old_content":"o","new_content":"n","impl_source":"oh_aci","diff":"--- /a\n+++ /a\n@@ -1 +1 @@\n-o\n+n","_diff_cache":null}""")]
    [InlineData("WriteFileAction", "\"file_path\":\"/a\",\"content\":\"c\"", "WriteFileObservation",
        "\"file_path\":\"/a\",\"is_new_file\":true", false, "write",
        """{"path":"/a"}""")]
    [InlineData("ThinkAction", "\"thought\":\"t\"", "ThinkObservation", "", false, "think", "{}")]
    [InlineData("TaskTrackerAction", "\"command\":\"view\"", "TaskTrackerObservation",
        "\"command\":\"view\",\"task_list\":[{\"title\":\"T\"}]", false, "task_tracking",
        """{"command":"view","task_list":[{"id":"task-1","title":"T","status":"todo","notes":""}]}""")]
    [InlineData("MCPToolAction", "\"data\":{\"u\":1}", "MCPToolObservation", "", false, "mcp", """{"name":"tool","arguments":{"u":1}}""")]
    [InlineData("GlobAction", "\"pattern\":\"p\"", "GlobObservation", "\"files\":[]", false, "mcp",
        """{"name":"tool","arguments":{"pattern":"p"}}""")]
    public void Translate_ToolObservation_IsV0sObservation(
        string actionKind, string actionFields, string kind, string fields, bool isError, string observation, string extras)
    {
        var log = new TranslatedLog().Add(_v1.Action(actionKind, actionFields), _v1.Observation(kind, fields, isError: isError));

        var v0 = log.Events[1];
        ((string?)v0["observation"]).Should().Be(observation);
        ((int)v0["cause"]!).Should().Be(0);
        ((string?)v0["source"]).Should().Be("agent");
        v0["extras"]!.ToString(Formatting.None).Should().Be(extras);
    }

    [Fact]
    public void Translate_FinishObservation_IsNothing()
    {
        var log = new TranslatedLog().Add(_v1.Action("FinishAction", "\"message\":\"m\""), _v1.Observation("FinishObservation"));

        log.Words.Should().Equal("finish");
    }

    [Fact]
    public void Translate_FailedEdit_IsMarkedAndHasNoDiff()
    {
        var log = new TranslatedLog().Add(
            _v1.Action("FileEditorAction", "\"command\":\"create\",\"path\":\"/a\""),
            _v1.Observation("FileEditorObservation", "\"command\":\"create\",\"old_content\":\"x\",\"new_content\":\"y\"", "no",
                isError: true));

        ((string?)log.Events[1]["content"]).Should().Be("ERROR:\nno");
        ((string?)log.Events[1]["extras"]!["diff"]).Should().BeEmpty();
    }

    [Theory]
    [InlineData("/9j/abc", "data:image/jpeg;base64,/9j/abc")]
    [InlineData("R0lGODlhabc", "data:image/gif;base64,R0lGODlhabc")]
    [InlineData("UklGRabc", "data:image/webp;base64,UklGRabc")]
    [InlineData("iVBOR", "data:image/png;base64,iVBOR")]
    public void Translate_BrowserObservation_HasTheAddressAndTheScreenshot(string data, string expected)
    {
        var log = new TranslatedLog().Add(
            _v1.Action("BrowserNavigateAction", "\"url\":\"https://x\"", "a"),
                _v1.Observation("BrowserObservation", $"\"screenshot_data\":\"{data}\""),
            _v1.Action("BrowserGetStateAction", "", "b"), _v1.Observation("BrowserObservation", "", "{\\\"url\\\":\\\"https://y\\\"}", "b"),
            _v1.Action("BrowserClickAction", "\"index\":1", "c"), _v1.Observation("BrowserObservation", "", "gone", "c", isError: true));

        var first = log.Events[1]["extras"]!;
        ((string?)first["url"]).Should().Be("https://x");
        ((string?)first["trigger_by_action"]).Should().Be("browse");
        ((string?)first["screenshot"]).Should().Be(expected);
        ((string?)log.Events[3]["extras"]!["url"]).Should().Be("https://y");
        var last = log.Events[5]["extras"]!;
        ((string?)last["url"]).Should().Be("https://y");
        ((bool)last["error"]!).Should().BeTrue();
        ((string?)last["last_browser_action_error"]).Should().Be("gone");
    }

    [Fact]
    public void Translate_McpObservation_LeavesOutV1sOwnLine()
    {
        var observation = _v1.Observation("MCPToolObservation", text: "[Tool 'x' executed.]");
        ((JArray)observation["observation"]!["content"]!).Add(JObject.Parse("""{"type":"text","text":"answer"}"""));
        ((JArray)observation["observation"]!["content"]!)
            .Add(JObject.Parse("""{"type":"image","image_urls":["data:image/gif;base64,QUJD"]}"""));

        var log = new TranslatedLog().Add(_v1.Action("MCPToolAction", "\"data\":{}"), observation);

        ((string?)log.Events[1]["content"]).Should().Be(
            """{"meta":null,"content":[{"type":"text","text":"answer"},{"type":"image","data":"QUJD","mimeType":"image/gif"}],"isError":false}""");
    }

    [Fact]
    public void Translate_AcpToolCall_IsOneActionAndOneObservation()
    {
        JObject Call(string fields) => _v1.New("ACPToolCallEvent", "agent", $"\"tool_call_id\":\"c\",\"title\":\"Read\",{fields}");

        var log = new TranslatedLog().Add(
            Call("\"status\":\"pending\",\"raw_input\":{\"p\":1}"), Call("\"status\":\"in_progress\""),
            Call("\"status\":\"completed\",\"raw_output\":\"out\""), Call("\"status\":\"completed\",\"raw_output\":\"out\""));

        log.Words.Should().Equal("call_tool_mcp", "mcp!");
        log.Events[0]["args"]!.ToString(Formatting.None)
            .Should()
            .Be("""{"name":"Read","arguments":{"p":1},"thought":"","security_risk":-1}""");
        ((string?)log.Events[1]["content"]).Should().Contain("\"out\"");
        ((int)log.Events[1]["cause"]!).Should().Be(0);
    }

    [Fact]
    public void Translate_ParallelCalls_EachObservationNamesItsOwnAction()
    {
        var log = new TranslatedLog().Add(
            _v1.Action("TerminalAction", "\"command\":\"1\"", "a"), _v1.Action("TerminalAction", "\"command\":\"2\"", "b"),
            _v1.Observation("TerminalObservation", action: "b"), _v1.Observation("TerminalObservation", action: "a"));

        log.Words.Should().Equal("run", "run", "run!", "run!");
        ((int)log.Events[2]["cause"]!).Should().Be(1);
        ((int)log.Events[3]["cause"]!).Should().Be(0);
    }
}
